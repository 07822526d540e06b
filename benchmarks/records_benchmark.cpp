// Reading a million records in each form: bytes a second of the file as text, and the memory that
// reading takes at its peak beside the file, which comes from a stream that holds no more than a
// block of it.
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <istream>
#include <streambuf>
#include <string>
#include <vector>

#include "otherwise/base/records.h"
#include "otherwise/generate/strings.h"
#include "otherwise/measure/pairs.h"

namespace otherwise {
namespace {

constexpr int kRecords = 1000000;
constexpr int kDistinct = 1000;

/// `head`, a million records, `tail`, made as they are read.
class Repeated : public std::streambuf {
public:
    Repeated(std::string head, const std::vector<std::string>& records, std::string tail)
        : head_(std::move(head)), records_(records), tail_(std::move(tail)) {}
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

protected:
    int_type underflow() override {
        if (next_ > kRecords + 1) {
            return traits_type::eof();
        }
        const std::string& text = piece();
        block_.assign(text);
        ++next_;
        bytes_ += block_.size();
        setg(block_.data(), block_.data(), block_.data() + block_.size());
        return block_.empty() ? underflow() : traits_type::to_int_type(block_.front());
    }

private:
    [[nodiscard]] const std::string& piece() const {
        if (next_ == 0) {
            return head_;
        }
        return next_ > kRecords ? tail_
                                : records_[static_cast<std::size_t>(next_) % records_.size()];
    }

    std::string head_;
    const std::vector<std::string>& records_;
    std::string tail_;
    std::string block_;
    int next_ = 0;
    std::size_t bytes_ = 0;
};

/// Records of some 250 bytes that differ in length; each ends in `end`.
template <typename Make>
std::vector<std::string> made(const Make& make) {
    std::vector<std::string> records;
    for (int i = 0; i < kDistinct; ++i) {
        const auto words = [&](int count) {
            std::string text;
            for (int k = 0; k < count; ++k) {
                text += "word" + std::to_string((i * 31 + k * 17) % 997) + " ";
            }
            return text;
        };
        records.push_back(make(words(10 + i % 7), words(12 + i % 11)));
    }
    return records;
}

double peak_megabytes() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

template <typename Read>
void run(benchmark::State& state, const std::string& head, const std::vector<std::string>& records,
         const std::string& tail, const Read& read) {
    std::size_t bytes = 0;
    const double before = peak_megabytes();
    for (auto _ : state) {
        Repeated buffer(head, records, tail);
        std::istream in(&buffer);
        read(in);
        bytes += buffer.bytes();
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
    state.counters["peak MB more"] = peak_megabytes() - before;
}

void count(benchmark::State& state, const std::string& head,
           const std::vector<std::string>& records, const std::string& tail) {
    run(state, head, records, tail, [&](std::istream& in) {
        Records reader(in, "in", {.what = "prompts", .columns = {}});
        int found = 0;
        while (reader.next()) {
            ++found;
        }
        if (found != kRecords && found != kRecords + 1) {  // with the array's first
            state.SkipWithError("other records than were made");
        }
    });
}

void text_lines(benchmark::State& state) {
    count(state, "", made([](const auto& a, const auto& b) { return a + b + "\n"; }), "");
}

std::string object(const std::string& prompt, const std::string& text) {
    return R"({"prompt": ")" + prompt + R"(", "text": ")" + text +
           R"(\n", "tokens": [12, 345, 6789, 1011], "ended": true})";
}

void json_lines(benchmark::State& state) {
    count(state, "", made([](const auto& a, const auto& b) { return object(a, b) + "\n"; }), "");
}

void json_array(benchmark::State& state) {
    count(state, "[\"first\"",
          made([](const auto& a, const auto& b) { return ",\n" + object(a, b); }), "]");
}

void csv_rows(benchmark::State& state) {
    count(state, "prompt,text\n",
          made([](const auto& a, const auto& b) { return a + ",\"" + b + ", \"\"so\"\"\"\n"; }),
          "");
}

/// With the strings kept, as a run wants them: memory is theirs.
void strings(benchmark::State& state) {
    const auto records = made([](const auto& a, const auto& b) {
        return R"({"prompt": ")" + a + R"(", "text": ")" + b + "\"}\n";
    });
    run(state, "", records, "",
        [](std::istream& in) { benchmark::DoNotOptimize(read_strings(in, "in").size()); });
}

void pairs(benchmark::State& state) {
    const auto records = made([](const auto& a, const auto& b) {
        return R"({"string": "a", "world": "w", "factual": {"text": ")" + a +
               R"("}, "counterfactual": {"text": ")" + b + "\"}}\n";
    });
    run(state, "", records, "",
        [](std::istream& in) { read_pairs(in, "in", {}, [](ReadPair&&) { return true; }); });
}

BENCHMARK(text_lines)->Unit(benchmark::kMillisecond);
BENCHMARK(json_lines)->Unit(benchmark::kMillisecond);
BENCHMARK(json_array)->Unit(benchmark::kMillisecond);
BENCHMARK(csv_rows)->Unit(benchmark::kMillisecond);
BENCHMARK(pairs)->Unit(benchmark::kMillisecond);
BENCHMARK(strings)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace otherwise
