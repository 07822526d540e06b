// otherwise score: the measures of pairs of texts, whoever wrote them.
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <unordered_set>

#include "cli/command.h"
#include "cli/measures.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/targets.h"
#include "otherwise/base/error.h"
#include "otherwise/base/hash.h"
#include "otherwise/measure/answers.h"
#include "otherwise/measure/pair_measures.h"
#include "otherwise/measure/pairs.h"
#include "otherwise/model/embedder.h"

namespace otherwise::cli {
namespace {

constexpr int kMostWords = 10000;
constexpr int kMostThreads = 512;
constexpr std::size_t kPairsAtOnce = 32;  ///< embedded together

struct ScoreArguments {
    std::vector<std::string> files;
    std::string against;
    PairFields fields;
    std::vector<std::string> worlds;
    TargetArguments targets;
    std::string embedder;
    bool e5 = false;
    int words = 10;
    int limit = 0;
    int threads = 0;
    KernelArguments kernels;
    int gpu_layers = -1;
    bool json = false;
};

TextSide side_of(const PairText& text) {
    TextSide side{.text = text.text, .ended = text.ended};
    if (text.tokens) {
        side.tokens = *text.tokens;
    }
    return side;
}

/// Takes pairs in order and keeps their measures by world.
class Scorer {
public:
    explicit Scorer(const ScoreArguments& arguments)
        : arguments_(arguments), targets_(targets_of(arguments.targets)) {
        if (!arguments.embedder.empty()) {
            embedder_ = Embedder::load(arguments.embedder,
                                       start_embedder(arguments.kernels, arguments.gpu_layers,
                                                      thread_count(arguments.threads)));
        }
    }

    /// The texts of one file with those of another.
    void read(const std::string& factual, const std::string& counterfactual) {
        const auto open = [](const std::string& path) {
            return open_input(path, "a file of texts");
        };
        std::ifstream first = open(factual);
        std::ifstream second = open(counterfactual);
        const auto world = std::filesystem::path(counterfactual).stem().string();
        std::set<std::string> strings;
        matches_ = match_answers(first, factual, second, counterfactual, arguments_.fields,
                                 [&](ReadPair&& pair) {
                                     pair.world = world;
                                     admit(std::move(pair), strings);
                                 });
    }

    void read(const std::string& path) {
        if (path == "-") {
            read(std::cin, "standard input", "standard input");
            return;
        }
        std::ifstream file = open_input(path, "a file of pairs");
        read(file, path, std::filesystem::path(path).stem().string());
    }

    /// The worlds in the order in which they came, each followed by its fresh pairs.
    [[nodiscard]] std::vector<WorldMeasures> worlds() {
        flush();
        require_worlds();
        std::vector<WorldMeasures> result;
        for (const auto& name : order_) {
            for (const bool fresh : {false, true}) {
                if (const auto found = measures_.find({name, fresh}); found != measures_.end()) {
                    summaries_[{name, fresh}] =
                        found->second.summary(static_cast<std::size_t>(arguments_.words));
                    result.push_back({.world = name,
                                      .summary = summaries_[{name, fresh}],
                                      .independent = fresh});
                }
            }
        }
        for (auto& world : result) {
            const auto fresh = summaries_.find({world.world, true});
            if (!world.independent && fresh != summaries_.end()) {
                world.fresh = fresh->second;
            }
        }
        return result;
    }

    /// What has to be said about the pairs as they came.
    [[nodiscard]] std::vector<std::string> notes() const {
        std::vector<std::string> lines;
        if (repeated_ > 0) {
            lines.push_back(
                fmt::format("{} of {} pairs repeat a string, sample and world; each counts again",
                            repeated_, taken_));
        }
        if (matches_.only_factual + matches_.only_counterfactual > 0) {
            lines.push_back(fmt::format(
                "{} texts of {} and {} of {} have no partner with their id; they are left out",
                matches_.only_factual, arguments_.files.front(), matches_.only_counterfactual,
                arguments_.against));
        }
        if (started_ > 0) {
            lines.push_back(fmt::format(
                "in {} of {} pairs the tokens of only one text begin with token {}, a start token "
                "(BOS); it is left out",
                started_, taken_, *start_));
        }
        if (embedder_ && embedder_->cut() > 0) {
            lines.push_back(
                fmt::format("{} texts are longer than the embedder's {} tokens; only "
                            "their start is embedded",
                            embedder_->cut(), embedder_->longest()));
        }
        return lines;
    }

private:
    using Key = std::pair<std::string, bool>;  ///< world, fresh noise

    void read(std::istream& in, const std::string& source, const std::string& unnamed) {
        std::set<std::string> strings;  // of this file, for --limit
        std::vector<ReadPair> whole;    // whose tokens hold their prompts
        read_pairs(in, source, arguments_.fields, [&](ReadPair&& pair) {
            if (pair.world.empty()) {
                pair.world = unnamed;
            }
            if (pair.prompt_tokens != 0) {
                admit(std::move(pair), strings);
            } else if (is_admitted(pair, strings)) {
                whole.push_back(std::move(pair));
            }
            return true;
        });
        if (const auto start = lone_start_token(whole)) {
            start_ = start;
            started_ += static_cast<long>(whole.size());
            std::ranges::for_each(whole, [&](auto& pair) { drop_start_token(pair, *start); });
        }
        std::ranges::for_each(whole, [&](auto& pair) { take(std::move(pair)); });
    }

    /// Whether the pair is of a world that is asked for, and within the limit.
    [[nodiscard]] bool is_admitted(const ReadPair& pair, std::set<std::string>& strings) {
        seen_.insert(pair.world);
        const auto limit = static_cast<std::size_t>(arguments_.limit);
        if (!wanted(pair.world) ||
            (limit > 0 && !strings.contains(pair.string) && strings.size() == limit)) {
            return false;
        }
        if (limit > 0) {
            strings.insert(pair.string);
        }
        return true;
    }

    void admit(ReadPair&& pair, std::set<std::string>& strings) {
        if (is_admitted(pair, strings)) {
            take(std::move(pair));
        }
    }

    [[nodiscard]] bool wanted(const std::string& world) const {
        const auto& names = arguments_.worlds;
        return names.empty() || std::find(names.begin(), names.end(), world) != names.end();
    }

    void take(ReadPair&& pair) {
        ++taken_;
        const auto name = fmt::format("{}\n{}\n{}\n{}", pair.string, pair.sample, pair.world,
                                      pair.independent ? 1 : 0);
        repeated_ += keys_.insert(hash64(name)).second ? 0 : 1;
        waiting_.push_back(std::move(pair));
        if (waiting_.size() == kPairsAtOnce) {
            flush();
        }
    }

    /// Cosines of the waiting pairs, or none.
    [[nodiscard]] std::vector<std::optional<double>> cosines() {
        std::vector<std::optional<double>> result(waiting_.size());
        if (!embedder_) {
            return result;
        }
        std::vector<std::string> texts;
        for (const auto& pair : waiting_) {
            texts.push_back(pair.factual.text);
            texts.push_back(pair.counterfactual.text);
        }
        const auto cosines = pair_cosines(*embedder_, texts, arguments_.e5);
        std::copy(cosines.begin(), cosines.end(), result.begin());
        return result;
    }

    void flush() {
        const auto cosine = cosines();
        for (std::size_t i = 0; i < waiting_.size(); ++i) {
            const ReadPair& pair = waiting_[i];
            const int next = static_cast<int>(clusters_.size());
            const int cluster = clusters_.try_emplace(pair.string, next).first->second;
            if (std::find(order_.begin(), order_.end(), pair.world) == order_.end()) {
                order_.push_back(pair.world);
            }
            measures_.try_emplace({pair.world, pair.independent}, targets_)
                .first->second.add({.cluster = cluster,
                                    .factual = side_of(pair.factual),
                                    .counterfactual = side_of(pair.counterfactual),
                                    .prompt = pair.prompt,
                                    .prompt_tokens = pair.prompt_tokens,
                                    .cosine = cosine[i]});
        }
        waiting_.clear();
    }

    void require_worlds() const {
        for (const auto& name : arguments_.worlds) {
            if (!seen_.contains(name)) {
                std::string there;
                for (const auto& world : seen_) {
                    there += (there.empty() ? "" : ", ") + world;
                }
                misuse({.where = "score",
                        .expected = "--world NAME, one of " + there,
                        .came = "'" + name + "'"});
            }
        }
    }

    const ScoreArguments& arguments_;
    std::vector<Target> targets_;
    std::unique_ptr<Embedder> embedder_;
    std::vector<ReadPair> waiting_;
    std::map<Key, PairMeasures> measures_;
    std::map<Key, PairSummary> summaries_;
    std::vector<std::string> order_;
    std::set<std::string> seen_;
    std::map<std::string, int> clusters_;
    std::unordered_set<std::uint64_t> keys_;
    Matches matches_;
    long taken_ = 0;
    long repeated_ = 0;
    std::optional<Token> start_;  ///< the start token of one side only
    long started_ = 0;            ///< pairs that had it
};

void print(const std::vector<WorldMeasures>& worlds, bool json) {
    Output out("-");
    if (json) {
        auto list = nlohmann::ordered_json::array();
        for (const auto& world : worlds) {
            nlohmann::ordered_json entry{{"world", world.world},
                                         {"independent", world.independent},
                                         {"pairs", world.summary.pairs},
                                         {"strings", world.summary.strings}};
            entry.update(measures_json(world));
            list.push_back(std::move(entry));
        }
        out.write(nlohmann::ordered_json{{"worlds", list}}.dump(2) + "\n");
        return;
    }
    const Style style = style_for(stdout);
    for (const auto& world : worlds) {
        out.write(render_measures(world, style));
    }
    out.write(render_measures_legend(style));
}

void check_against(const ScoreArguments& arguments) {
    if (arguments.against.empty()) {
        return;
    }
    const auto refuse = [](const char* expected, const std::string& came) {
        misuse({.where = "score", .expected = expected, .came = came});
    };
    if (arguments.files.size() > 1) {
        refuse("one FILE with --against", std::to_string(arguments.files.size()));
    }
    if (arguments.files.front() == "-" || arguments.against == "-") {
        refuse("two files with --against", "standard input");
    }
    if (arguments.fields.texts_hold_prompt || !arguments.fields.prompt.empty()) {
        refuse("--against without --with-prompt and --prompt-field", "both");
    }
}

int score(const ScoreArguments& arguments) {
    if (arguments.e5 && arguments.embedder.empty()) {
        misuse({.where = "score", .expected = "--embedder FILE with --e5", .came = "--e5 alone"});
    }
    check_against(arguments);
    Output("-").require();
    Scorer scorer(arguments);
    if (!arguments.against.empty()) {
        scorer.read(arguments.files.front(), arguments.against);
    } else {
        for (const auto& file : arguments.files) {
            scorer.read(file);
        }
    }
    const auto worlds = scorer.worlds();
    print(worlds, arguments.json);
    auto lines = scorer.notes();
    for (const auto& world : worlds) {
        const auto more = doubts(world);
        lines.insert(lines.end(), more.begin(), more.end());
    }
    for (const auto& line : lines) {
        fmt::print(stderr, "otherwise: WARNING: {}\n", line);
    }
    return 0;
}

void add_fields(CLI::App& app, PairFields& fields) {
    const auto add = [&](const char* name, std::string& to, const char* text) {
        app.add_option(name, to, text)->type_name("PATH")->group("Pairs");
    };
    add("--factual-field", fields.factual, "the factual text: a dotted path, as before.text");
    add("--counterfactual-field", fields.counterfactual, "the counterfactual text");
    add("--prompt-field", fields.prompt, "the prompt of both [prompt]");
    app.add_flag("--with-prompt", fields.texts_hold_prompt,
                 "both texts start with the prompt, which is then left out of them")
        ->group("Pairs");
}

void add_measures(CLI::App& app, ScoreArguments& a) {
    add_target_options(app, a.targets);
    app.add_option("--embedder", a.embedder, "a GGUF embedding model, for cosines")
        ->type_name("FILE")
        ->group("Measures");
    app.add_flag("--e5", a.e5, "put \"query: \" before each text, as E5 models want")
        ->group("Measures");
    whole(app.add_option("--words", a.words, "words gained and lost, at most"), 0, kMostWords)
        ->capture_default_str()
        ->group("Measures");
    whole(app.add_option("-t,--threads", a.threads, "threads of the embedder [all processors]"), -1,
          kMostThreads)
        ->group("Measures");
    whole(app.add_option("--gpu-layers,--n-gpu-layers", a.gpu_layers,
                         "its layers on a GPU, where one is built in [all]"),
          -1)
        ->group("Measures");
    add_kernel_options(app, a.kernels, "Measures");
}

}  // namespace

void add_score(CLI::App& app, Action& action) {
    auto* command = app.add_subcommand("score",
                                       "the measures of pairs of texts, whoever wrote them\n"
                                       "Usage: otherwise score FILE... [options]");
    const auto a = std::make_shared<ScoreArguments>();
    command
        ->add_option("FILE", a->files,
                     "JSON (as `run --jsonl` writes it), CSV or TSV; - is standard input")
        ->required()
        ->type_name("FILE");
    add_fields(*command, a->fields);
    command
        ->add_option(
            "--against", a->against,
            "the counterfactual texts, where FILE has the factual ones: two logs of lm-eval "
            "or Inspect, paired by id")
        ->type_name("FILE")
        ->group("Pairs");
    command->add_option("--world", a->worlds, "this world only; repeatable [all]")
        ->type_name("NAME")
        ->group("Pairs")
        ->allow_extra_args(false);
    whole(command->add_option("--limit", a->limit, "the first N strings of each file only [all]"),
          1)
        ->group("Pairs");
    add_measures(*command, *a);
    command->add_flag("--json", a->json, "print it as JSON");
    command->footer(
        "Examples:\n"
        "  otherwise score out.jsonl --target \"(?i)koala\" --off-target \"(?i)bear\"\n"
        "  otherwise score pairs.jsonl --factual-field before --counterfactual-field after\n"
        "  otherwise score base/samples.jsonl --against edited/samples.jsonl\n"
        "  otherwise score out.jsonl --embedder e5-small-v2.gguf --e5 --json");
    command->callback([a, &action] { action = [a] { return score(*a); }; });
}

}  // namespace otherwise::cli
