// The report's page of hostile names and texts, which are what stands between bytes 0xFF.
#include <string>
#include <vector>

#include "otherwise/base/text.h"
#include "otherwise/page/report_data.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/page_check.h"

namespace otherwise {
namespace {

/// The texts of an input, from the first again after the last.
class Texts {
public:
    explicit Texts(const std::string& bytes) {
        std::size_t at = 0;
        for (auto end = bytes.find('\xFF'); end != std::string::npos;
             end = bytes.find('\xFF', at)) {
            texts_.push_back(bytes.substr(at, end - at));
            at = end + 1;
        }
        texts_.push_back(bytes.substr(at));
    }
    std::string next() { return texts_[next_++ % texts_.size()]; }
    /// Any number at all, by the bytes of a text.
    double number() {
        std::string bytes = next();
        bytes.resize(sizeof(double));
        double value = 0.0;
        bytes.copy(reinterpret_cast<char*>(&value), sizeof value);
        return value;
    }

private:
    std::vector<std::string> texts_;
    std::size_t next_ = 0;
};

ReportWorld world_of(Texts& texts) {
    ReportWorld world{.name = texts.next(), .changes = {texts.next()}, .nudge = texts.next()};
    world.summary.strings = 1;
    world.summary.lcp_mean = texts.number();
    world.summary.mean_divergence = texts.number();  // there where a string changes, and one does
    world.sampled = {{.tokens = 1, .share = {.value = texts.number()}}};
    world.fragile = {{.id = texts.next(), .piece = texts.next(), .margin = texts.number()}};
    return world;
}

ReportData data_of(Texts& texts) {
    ReportData data{
        .head = {.title = texts.next(),
                 .model = texts.next(),
                 .facts = {{.label = texts.next(), .value = texts.next()}},
                 .warnings = {texts.next()}},
        .worlds = {world_of(texts)},
        .doses = {{.name = texts.next(), .points = {{.dose = texts.number()}}}},
        .targets = {texts.next()},
        .all_strings = 1,
    };
    data.strings = {
        {.id = texts.next(), .prompt = texts.next(), .pieces = {texts.next(), texts.next()}}};
    data.pairs = {{.margin = texts.number(),
                   .tail = {texts.next()},
                   .hits = {3},
                   .stay = {texts.number(), 0.5},
                   .become = {{}, {{.piece = texts.next(), .probability = texts.number()}}}}};
    return data;
}

}  // namespace
}  // namespace otherwise

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace otherwise;  // NOLINT(google-build-using-namespace)
    Texts texts(fuzz::bytes_of(data, size));
    const ReportData report = data_of(texts);
    const auto json = fuzz::require_page(report);
    fuzz::require(json["head"]["title"] == to_utf8(report.head.title));
    fuzz::require(json["strings"][0]["prompt"] == to_utf8(report.strings[0].prompt));
    fuzz::require(json["worlds"][0]["name"] == to_utf8(report.worlds[0].name));
    return 0;
}
