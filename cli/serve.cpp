// otherwise serve: the live page.
#include "otherwise/serve/server.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <thread>
#include <utility>

#include "cli/options.h"
#include "cli/output.h"
#include "cli/run_options.h"
#include "otherwise/base/error.h"
#include "otherwise/serve/limits.h"
#include "otherwise/world/kinds_help.h"
#include "otherwise/world/spec.h"

namespace otherwise::cli {
namespace {

constexpr int kLastPort = 65535;
constexpr std::chrono::milliseconds kLook{50};  // between two looks for Ctrl-C

constexpr const char* kExamples = R"(Examples:
  otherwise serve -p "The Louvre is located in"
  otherwise serve -m model.gguf --files adapters --world sad=steer:adapters/sad.gguf:1.5
  otherwise serve -f prompts.txt --port 0
  otherwise serve --host 0.0.0.0 --port 9000)";

struct ServeArguments {
    RunArguments run;
    serve::ServeSettings settings;
};

/// What is on the first page where nothing was given.
void add_example(RunArguments& run) {
    if (run.study.prompts.empty() && run.study.file.empty()) {
        run.study.prompts = {"The Louvre is located in"};
    }
    if (run.given.worlds.empty() && run.given.loras.empty() && run.given.scaled_loras.empty() &&
        run.given.vectors.empty() && run.given.scaled_vectors.empty()) {
        run.given.worlds = {"hot=temp:1.5"};
    }
}

/// With the first prompts of its file, as many as a page may have, in it.
Study with_prompts(Study study) {
    auto strings = strings_of(study, &std::cin);
    strings.resize(std::min(strings.size(), serve::kPrompts));
    const bool plain = std::ranges::all_of(strings, [](const InputString& string) {
        return string.prompt && !string.text && !string.tokens;
    });
    if (!plain) {
        return with_strings(std::move(study), std::move(strings));
    }
    study = with_strings(std::move(study), {});
    study.prompts.clear();
    for (auto& string : strings) {
        study.prompts.push_back(*std::move(string.prompt));
    }
    return study;
}

int serve_page(ServeArguments& a) {
    add_example(a.run);
    check_shared_options(a.run);
    Output("-").require();
    a.settings.study = with_prompts(study_of(a.run));
    a.settings.work = a.run.work;
    (void)start_kernels({.cpu_variant = a.run.work.cpu_variant});
    serve::Server server(a.settings);
    Output("-").write(server.address() + "\n");
    catch_interrupts();
    std::jthread waiting([&server](const std::stop_token& stop) {
        while (!interrupted() && !stop.stop_requested()) {
            std::this_thread::sleep_for(kLook);
        }
        if (interrupted()) {
            server.stop();
            std::_Exit(0);  // connections that are open need no goodbye
        }
    });
    server.serve();
    return 0;
}

}  // namespace

void add_serve(CLI::App& app, Action& action) {
    auto* command = app.add_subcommand(
        "serve",
        "the live page: change one thing, see the same strings otherwise\n"
        "Usage: otherwise serve [-m FILE] [-p TEXT | -f FILE] [--world NAME=ITEM] [--files DIR]");
    const auto a = std::make_shared<ServeArguments>();
    command
        ->add_option("--files", a->settings.folders,
                     "a folder with adapters, vectors and models that pages may use; repeatable")
        ->type_name("DIR")
        ->group("Server")
        ->allow_extra_args(false);
    command
        ->add_option("--host", a->settings.host,
                     "the address to listen on; beyond this machine the link holds a token")
        ->capture_default_str()
        ->type_name("ADDRESS")
        ->group("Server");
    whole(command->add_option("--port", a->settings.port, "its port; 0 is any that is free"), 0,
          kLastPort)
        ->capture_default_str()
        ->group("Server");
    add_shared_options(*command, a->run);
    command->remove_option(command->get_option("--dry-run"));
    command->footer(items_help() + kExamples);
    command->callback([a, &action] { action = [a] { return serve_page(*a); }; });
}

}  // namespace otherwise::cli
