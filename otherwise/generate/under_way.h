// Factual strings that are under way, and what waits for them.
//
// Worlds get a string once all its factual samples are whole. Samples that go along with the
// factual ones (led) can be whole before: they wait here, too.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "otherwise/generate/factual.h"
#include "otherwise/generate/writer.h"

namespace otherwise {

class UnderWay {
public:
    using Samples = std::vector<std::shared_ptr<const FactualString>>;

    /// So many samples a string; an observed text stands for them all.
    explicit UnderWay(int samples) : samples_(samples) {}

    /// `missing` factual samples, or the one text that is read.
    void begin(int string, int missing);
    /// So many more samples go along with them.
    void lead(int string, int samples);
    /// Takes a factual sample or the text; true with the last one.
    [[nodiscard]] bool take(Finished finished);
    /// Of a string whose factual samples are whole.
    [[nodiscard]] const Samples& samples(int string) const { return strings_.at(string).samples; }
    /// The led samples that were whole before; they are to be taken now.
    [[nodiscard]] std::vector<Finished> early(int string);
    /// A led sample with its factual string, as a pair needs it; nothing where it has to wait or
    /// the string is left out.
    [[nodiscard]] std::optional<Finished> take_led(Finished finished);
    /// Forgets a string that nothing is missing of.
    void close(int string);
    void leave_out(int string) { strings_.erase(string); }

private:
    struct Waiting {
        Samples samples;
        int missing = 0;              // of them; 1 while an observed one is read
        int led = 0;                  // samples of worlds that share their rows
        std::vector<Finished> early;  // of these, whole before the factual ones
    };

    int samples_;
    std::map<int, Waiting> strings_;
};

}  // namespace otherwise
