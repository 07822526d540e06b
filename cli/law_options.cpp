#include "cli/law_options.h"

#include "cli/options.h"
#include "otherwise/base/error.h"
#include "otherwise/world/kinds_help.h"

namespace otherwise::cli {
namespace {

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

}  // namespace

void add_law_options(CLI::App& app, LawArguments& a) {
    LawSettings& asked = a.settings;
    add_shared_options(app, a.run);
    app.add_option("--corpus", asked.corpus,
                   "a long text, cut into chunks of -c tokens [512] as llama-perplexity does; the "
                   "second half of each is scored")
        ->type_name("FILE")
        ->group("Strings");
    app.add_option("--target-text", asked.target_text,
                   "also the probability of this text right after each prompt")
        ->type_name("TEXT")
        ->group("What is asked");
    app.add_flag("--agreement", asked.agreement,
                 "the exact coupled agreement of the laws, not only its estimate; slower")
        ->group("What is asked");
    app.add_option("--law-at", asked.law_at,
                   "what one token would have become, and why: the id of the string, the position "
                   "of the written token from 0")
        ->type_name("STRING:POSITION")
        ->group("What is asked");
    whole(app.add_option("--top", asked.top, "tokens shown by --law-at"), 1, kMostTop)
        ->group("What is asked")
        ->capture_default_str();
    app.add_option("--sweep", asked.sweep,
                   "the law along the doses of one scale or setting: steer.scale=0:2:0.25, "
                   "NAME.scale=0,1,4, temp=0.5:1.5:0.25")
        ->type_name("TARGET=DOSES")
        ->group("What is asked");
    app.add_option("--threshold", asked.threshold,
                   "the smallest strength at which each string changes under its noise: "
                   "steer.scale, up to the scale given, or steer.scale=LOW:HIGH, "
                   "temp=LOW:HIGH")
        ->type_name("TARGET")
        ->group("What is asked");
    whole(app.add_option("--halvings", asked.halvings, "steps of the bisection of --threshold"), 1,
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
    const LawSettings& settings = a.settings;
    if (settings.corpus.empty()) {
        check_shared_options(run);
    }
    check_law(run.study, settings);
    const bool asked =
        !settings.law_at.empty() || !settings.sweep.empty() || !settings.threshold.empty();
    refuse(run.json && run.jsonl == "-", "--json or --jsonl -", "both on standard output");
    refuse(run.json && a.tokens, "--json or --tokens", "both");
    refuse(run.json && run.dry_run, "--json or --dry-run", "both");
    refuse(!a.tokens && run.shown >= 0, "--show with --tokens", "--show alone");
    refuse(asked && a.tokens, "--tokens by itself", "--law-at, --sweep or --threshold, too");
    refuse((!settings.law_at.empty() || !settings.sweep.empty()) && !run.jsonl.empty(),
           "--jsonl without --law-at and --sweep", "both");
}

}  // namespace otherwise::cli
