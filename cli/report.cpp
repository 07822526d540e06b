// otherwise report: the page of a run file.
#include <fmt/core.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>

#include "cli/command.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/targets.h"
#include "otherwise/api/report.h"
#include "otherwise/base/error.h"
#include "otherwise/model/atomic_file.h"

namespace otherwise::cli {
namespace {

constexpr int kMostThreads = 512;
constexpr int kMostStrings = 1'000'000;
constexpr double kMegabyte = 1e6;

struct ReportArguments {
    std::string run;
    std::string out;
    ReportSettings settings;
    Work work;
    bool quiet = false;
};

/// Where the page goes: -o, or the run's name with .html.
std::string target_of(const ReportArguments& arguments) {
    if (!arguments.out.empty()) {
        return arguments.out;
    }
    std::filesystem::path run = arguments.run;
    run = run.has_filename() ? run : run.parent_path();  // a folder's, "runs/"
    return run.replace_extension(".html").string();
}

void check(const ReportArguments& arguments) {
    if (arguments.settings.e5 && arguments.settings.embedder.empty()) {
        misuse({.where = "report", .expected = "--embedder FILE with --e5", .came = "--e5 alone"});
    }
    const auto target = target_of(arguments);
    std::error_code ignored;
    if (target != "-" && std::filesystem::equivalent(arguments.run, target, ignored)) {
        misuse({.where = "report",
                .expected = "-o FILE, another file than the run",
                .came = "'" + target + "' twice"});
    }
    if (target == "-") {
        Output("-").require();
    }
}

/// The whole page or nothing.
void write_page(const std::string& target, const std::string& page) {
    if (target == "-") {
        Output("-").write(page);
        return;
    }
    require_space(target, page.size());
    AtomicFile file(target);
    std::ofstream out(file.path(), std::ios::binary);
    out.write(page.data(), static_cast<std::streamsize>(page.size()));
    if (!out.flush()) {
        fail({.where = "report",
              .expected = "room for a page of " + std::to_string(page.size()) + " bytes",
              .came = "a disk that does not take '" + target + "'"});
    }
    out.close();
    file.commit();
}

int write_report(const ReportArguments& arguments) {
    const auto start = std::chrono::steady_clock::now();
    check(arguments);
    if (!arguments.settings.embedder.empty()) {
        (void)start_kernels({.cpu_variant = arguments.work.cpu_variant});
    }
    Progress progress(
        0, stderr,
        {.visible = arguments.quiet ? std::optional(false) : std::nullopt, .unit = "pairs"});
    const ReportData data = report(arguments.run, arguments.settings, arguments.work,
                                   [&](long done, long total) { progress.update(done, total); });
    const std::string page = render_report(data);
    progress.clear();
    const auto target = target_of(arguments);
    write_page(target, page);
    if (!arguments.quiet) {
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
        say(fmt::format("{}: {:.1f} MB, {} of {} strings, in {:.1f} s",
                        target == "-" ? "the page" : target,
                        static_cast<double>(page.size()) / kMegabyte, data.strings.size(),
                        data.all_strings, seconds.count()));
    }
    return 0;
}

}  // namespace

void add_report(CLI::App& app, Action& action) {
    auto* command = app.add_subcommand("report",
                                       "one self-contained HTML page of a finished or running run\n"
                                       "Usage: otherwise report RUN [-o FILE] [options]");
    const auto a = std::make_shared<ReportArguments>();
    command
        ->add_option("RUN", a->run,
                     "a run file, as `otherwise run -o` makes it, or a folder of shards")
        ->required()
        ->type_name("RUN");
    command
        ->add_option("-o,--output", a->out,
                     "where the page goes; - is standard output [RUN with .html]")
        ->type_name("FILE");
    command->add_option("--title", a->settings.title, "the page's title [the run's name]")
        ->type_name("TEXT");
    whole(command->add_option("--strings", a->settings.strings,
                              "strings shown at most; all of them count in the measures"),
          1, kMostStrings)
        ->capture_default_str();
    command
        ->add_option("--embedder", a->settings.embedder,
                     "a GGUF embedding model, for the cosines of texts")
        ->type_name("FILE");
    command->add_flag("--e5", a->settings.e5,
                      "put \"query: \" before each text, as E5 models want");
    whole(command->add_option("-t,--threads", a->work.threads,
                              "threads of the embedder [all processors]"),
          -1, kMostThreads);
    whole(command->add_option("--gpu-layers,--n-gpu-layers", a->settings.gpu_layers,
                              "its layers on a GPU, where one is built in [all]"),
          -1);
    add_force_option(*command, a->settings.force);
    add_kernel_options(*command, a->settings.no_repack, a->work.cpu_variant, "Options");
    add_target_options(*command, a->settings.targets, a->settings.off_targets);
    command->add_flag("-q,--quiet", a->quiet, "neither progress nor the last line");
    command->footer(
        "Examples:\n"
        "  otherwise report run.db -o report.html\n"
        "  otherwise report run.db --title \"Koalas, edited\" --embedder e5-small-v2.gguf --e5");
    command->callback([a, &action] { action = [a] { return write_report(*a); }; });
}

}  // namespace otherwise::cli
