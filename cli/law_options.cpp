#include "cli/law_options.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>

#include "cli/options.h"
#include "otherwise/base/corpus_text.h"
#include "otherwise/base/error.h"
#include "otherwise/generate/corpus.h"
#include "otherwise/world/kinds_help.h"

namespace otherwise::cli {
namespace {

constexpr int kDefaultChunk = 512;
constexpr int kMostTop = 1000;
constexpr int kMostHalvings = 24;

constexpr const char* kExamples = R"(Examples:
  otherwise law -m m-Q8_0.gguf -f prompts.txt --world small=model:m-Q2_K.gguf
  otherwise law -f texts.jsonl --world sad=steer:sad.gguf:1.5 --tokens
  otherwise law -p "Hello" --chat --chat-date 2026-01-01 --world hot=temp:1.5
  otherwise law --corpus book.txt -c 512 --world small=model:m-Q2_K.gguf
  otherwise law -f prompts.txt --world sad=steer:sad.gguf --sweep steer.scale=0:2:0.25
  otherwise law -p "The Louvre is in" --world hot=temp:1.5 --law-at 1:0)";

void refuse(bool both, const char* expected, const char* came) {
    if (both) {
        misuse({.where = "check_law_options", .expected = expected, .came = came});
    }
}

std::string read_text(const std::string& path) {
    std::ifstream file = open_input(path, "a text file (--corpus)");
    return read_corpus_text(file, path, std::numeric_limits<std::size_t>::max()).text;
}

double number(std::string_view text, const std::string& whole) {
    double value = 0.0;
    const char* begin = text.data();  // NOLINT(bugprone-suspicious-stringview-data-usage)
    const char* end = begin + text.size();
    const auto parsed = std::from_chars(begin, end, value);
    if (parsed.ec != std::errc() || parsed.ptr != end || !std::isfinite(value)) {
        misuse({.where = "parse_threshold",
                .expected = "--threshold TARGET or TARGET=LOW:HIGH, as steer.scale=0:2",
                .came = "'" + whole + "'"});
    }
    return value;
}

}  // namespace

void add_law_options(CLI::App& app, LawArguments& a) {
    add_shared_options(app, a.run);
    app.add_option("--corpus", a.corpus,
                   "a long text, cut into chunks of -c tokens [512] as llama-perplexity does; the "
                   "second half of each is scored")
        ->type_name("FILE")
        ->group("Strings");
    app.add_option("--target-text", a.target,
                   "also the probability of this text right after each prompt")
        ->type_name("TEXT")
        ->group("What is asked");
    app.add_flag("--agreement", a.agreement,
                 "the exact coupled agreement of the laws, not only its estimate; slower")
        ->group("What is asked");
    app.add_option("--law-at", a.law_at,
                   "what one token would have become, and why: the id of the string, the position "
                   "of the written token from 0")
        ->type_name("STRING:POSITION")
        ->group("What is asked");
    whole(app.add_option("--top", a.top, "tokens shown by --law-at"), 1, kMostTop)
        ->group("What is asked")
        ->capture_default_str();
    app.add_option("--sweep", a.sweep,
                   "the law along the doses of one scale or setting: steer.scale=0:2:0.25, "
                   "NAME.scale=0,1,4, temp=0.5:1.5:0.25")
        ->type_name("TARGET=DOSES")
        ->group("What is asked");
    app.add_option("--threshold", a.threshold,
                   "the smallest strength at which each string changes under its noise: "
                   "steer.scale, up to the scale given, or steer.scale=LOW:HIGH, "
                   "temp=LOW:HIGH")
        ->type_name("TARGET")
        ->group("What is asked");
    whole(app.add_option("--halvings", a.halvings, "steps of the bisection of --threshold"), 1,
          kMostHalvings)
        ->group("What is asked")
        ->capture_default_str();
    app.add_flag("--tokens", a.tokens, "print the strings, each token by how likely it was to stay")
        ->group("Output");
    whole(app.add_option("--show", a.run.shown, "print the first N strings only [all]"), 0)
        ->group("Output");
    app.add_option("--jsonl", a.run.jsonl,
                   "write a JSON line for each string and world, token by token; - is standard "
                   "output")
        ->type_name("FILE")
        ->group("Output");
    app.add_flag("--json", a.run.json, "print the tables as JSON and nothing else")
        ->group("Output");
    app.add_flag("-q,--quiet", a.run.quiet, "print the tables only: no notes or progress")
        ->group("Output");
    app.footer(items_help() + kExamples);
}

void check_law_options(const LawArguments& a) {
    const RunArguments& run = a.run;
    if (a.corpus.empty()) {
        check_shared_options(run);
    } else {
        refuse(!run.study.prompts.empty() || !run.study.file.empty(), "--corpus, -p or -f",
               "several");
        refuse(run.study.prompt_words + run.study.prompt_tokens > 0,
               "--corpus with its own chunks (-c)", "--prompt-words or --prompt-tokens");
        refuse(run.study.chat, "--corpus or --chat", "both");
    }
    const int asked =
        (a.law_at.empty() ? 0 : 1) + (a.sweep.empty() ? 0 : 1) + (a.threshold.empty() ? 0 : 1);
    refuse(asked > 1, "one of --law-at, --sweep and --threshold", "several");
    refuse(run.json && run.jsonl == "-", "--json or --jsonl -", "both on standard output");
    refuse(run.json && a.tokens, "--json or --tokens", "both");
    refuse(run.json && run.dry_run, "--json or --dry-run", "both");
    refuse(!a.tokens && run.shown >= 0, "--show with --tokens", "--show alone");
    refuse(asked > 0 && a.tokens, "--tokens by itself", "--law-at, --sweep or --threshold, too");
    refuse(asked > 0 && a.agreement, "--agreement by itself",
           "--law-at, --sweep or --threshold, too");
    refuse((!a.law_at.empty() || !a.threshold.empty()) && a.target.has_value(),
           "--target-text without --law-at and --threshold", "both");
    refuse((!a.law_at.empty() || !a.sweep.empty()) && !run.jsonl.empty(),
           "--jsonl without --law-at and --sweep", "both");
}

std::vector<InputString> law_strings(const LawArguments& arguments) {
    if (arguments.corpus.empty()) {
        return strings_of(arguments.run);
    }
    const auto plan = factual_plan(arguments.run);
    const auto model = Model::load(plan.model, {.vocabulary_only = true});
    const int chunk = arguments.run.study.context > 0 ? arguments.run.study.context : kDefaultChunk;
    auto strings = cut_corpus(read_text(arguments.corpus), arguments.corpus, *model, chunk,
                              arguments.run.study.limit);
    // Without weights the file's own metadata knows the context.
    const auto length = model->metadata(model->architecture() + ".context_length").value_or("");
    int context = chunk;
    std::from_chars(length.data(), length.data() + length.size(), context);
    if (chunk > context) {
        misuse({.where = "law_strings",
                .expected = "chunks within the model's context of " + length + " tokens (-c)",
                .came = std::to_string(chunk)});
    }
    return strings;
}

TokenSite parse_site(const std::string& text) {
    const auto colon = text.rfind(':');
    TokenSite site{.string = text.substr(0, colon)};
    const char* end = text.data() + text.size();
    const char* begin = colon == std::string::npos ? end : text.data() + colon + 1;
    const auto parsed = std::from_chars(begin, end, site.position);
    if (parsed.ec != std::errc() || parsed.ptr != end || site.position < 0 || site.string.empty()) {
        misuse({.where = "parse_site",
                .expected = "--law-at STRING:POSITION, an id (or ID#SAMPLE) and a position from 0",
                .came = "'" + text + "'"});
    }
    return site;
}

std::vector<InputString> choose_string(const std::vector<InputString>& strings, TokenSite& site) {
    auto found = std::ranges::find(strings, site.string, &InputString::id);
    const auto hash = site.string.rfind('#');
    if (found == strings.end() && hash != std::string::npos) {
        const char* end = site.string.data() + site.string.size();
        const auto parsed = std::from_chars(site.string.data() + hash + 1, end, site.sample);
        if (parsed.ec == std::errc() && parsed.ptr == end && site.sample >= 0) {
            found = std::ranges::find(strings, site.string.substr(0, hash), &InputString::id);
        }
    }
    if (found == strings.end()) {
        misuse({.where = "choose_string",
                .expected = "--law-at with the id of a string",
                .came = "'" + site.string + "'",
                .advice = "ids are line numbers from 1 unless the strings bring their own"});
    }
    return {*found};
}

ThresholdRequest parse_threshold(const std::string& text, const std::vector<World>& worlds) {
    const auto equals = text.find('=');
    ThresholdRequest request{.site = find_scale(worlds, text.substr(0, equals))};
    request.high = double{request.site.scale};
    if (equals != std::string::npos) {
        const std::string range = text.substr(equals + 1);
        const auto colon = range.find(':');
        request.low = colon == std::string::npos ? 0.0 : number(range.substr(0, colon), text);
        request.high = number(colon == std::string::npos ? range : range.substr(colon + 1), text);
    }
    if (request.site.mechanism &&
        text.find(':', std::min(equals, text.size())) == std::string::npos) {
        misuse({.where = "parse_threshold",
                .expected = "--threshold " + text.substr(0, equals) +
                            "=LOW:HIGH for a setting of the mechanism, as temp=1:2",
                .came = "'" + text + "'"});
    }
    if (request.low == request.high) {
        misuse({.where = "parse_threshold",
                .expected = "two different strengths to search between",
                .came = "'" + text + "', from " + std::to_string(request.low) + " to the same"});
    }
    return request;
}

}  // namespace otherwise::cli
