// A study that is changed again and again, as under a slider: what is still true of it is kept, and
// only the rest is evaluated.
//
//   LiveStudy live({.threads = 2});
//   live.evaluate(study, {.on_tokens = …, .on_pair = …, .on_law = …});
//   study.worlds[0] = parse_world("sad=steer:sad.gguf:1.5");
//   live.evaluate(study, …);   // this world alone, against the factual strings that are there
//
// Strings and laws are those of `run` and `law` with the same study. Models stay loaded, and so do
// contexts with the starts of the prompts that they read: a prompt with another end costs that end.
// The remedy for batch invariance (model/invariance.h) is found once for the networks that the
// worlds have, by probes; another scale or mechanism asks for no new one. Where other networks need
// another remedy, what was kept under the last one is not told and all is evaluated anew. What is
// kept of a world is kept for its files as they are: one that was written anew is another.
//
// LiveStudies may share what they keep. All of these are for one thread at a time.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "otherwise/api/law.h"
#include "otherwise/api/open.h"
#include "otherwise/api/work.h"
#include "otherwise/study/study.h"

namespace otherwise {

struct LiveKept;  // api/live_kept.h

/// Tokens of a string while it is being written.
struct LiveTokens {
    std::string string;  ///< id
    std::string world;   ///< its name; "factual" for the factual one
    int position = 0;    ///< of the first token
    std::vector<Token> tokens;
    std::vector<std::string> pieces;  ///< bytes of each
};

/// What is heard of an evaluation, from the calling thread; each may be left out.
struct LiveEvents {
    std::function<void(const LiveTokens&)> on_tokens{};
    /// Strings that are whole, before the pair that they belong to: the factual one and the
    /// world's. Also of what was kept.
    std::function<void(const LiveTokens&)> on_string{};
    std::function<void(const std::string& line)> on_pair{};  ///< as of `run --jsonl`
    std::function<void(const std::string& line)> on_law{};   ///< as of `law --jsonl`
    std::function<bool()> cancelled{};  ///< asked between calls: true ends the evaluation
    Note note{};
};

struct LiveResult {
    bool cancelled = false;
    bool anew = false;                   ///< other networks needed another remedy than those before
    long prompt_rows_kept = 0;           ///< rows of prompts that were there
    std::vector<std::string> evaluated;  ///< worlds
    std::vector<std::string> kept;       ///< worlds whose strings and laws were there
    std::vector<std::string> warnings;   ///< lines for people
    double seconds = 0.0;
};

class LiveStudy {
public:
    /// What it keeps is kept there (api/live_kept.h), by itself without. Models stay loaded in
    /// work.models, where it is given.
    explicit LiveStudy(Work work, std::shared_ptr<LiveKept> kept = {});
    ~LiveStudy();
    LiveStudy(const LiveStudy&) = delete;
    LiveStudy& operator=(const LiveStudy&) = delete;

    /// Writes the string of this sample of each prompt in all worlds, and then reads their laws.
    /// The study's own number of samples counts for nothing. Of floors it has the null world, where
    /// null_strings is `all`. Throws Error like open() and run().
    LiveResult evaluate(const Study& study, int sample, const LiveEvents& events = {});

    /// The laws alone, each told by on_law: nothing is written in the worlds, and nothing kept.
    LiveResult laws(const Study& study, int sample, const LiveEvents& events = {});

    /// The laws of all samples up to this one at each dose of a sweep, "steer.scale=0:2:0.25".
    /// Throws like open_law.
    [[nodiscard]] SweepTable sweep(const Study& study, int sample, const std::string& sweep,
                                   const LiveEvents& events = {});

    /// The strength at which the strings of this sample change: "steer.scale=0:2". Throws like
    /// open_law.
    [[nodiscard]] ThresholdTable threshold(const Study& study, int sample,
                                           const std::string& threshold,
                                           const LiveEvents& events = {});

    /// What one token of a string would have become in each world. Throws misuse for a string or
    /// position that is not there.
    [[nodiscard]] TokenTable token(const Study& study, int sample, const std::string& string,
                                   int position, int top, const LiveEvents& events = {});

private:
    class State;
    std::unique_ptr<State> state_;
};

}  // namespace otherwise
