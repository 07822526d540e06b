#include "otherwise/serve/answers.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <utility>

#include "otherwise/api/inspect.h"
#include "otherwise/api/report.h"
#include "otherwise/api/run.h"
#include "otherwise/base/error.h"
#include "otherwise/base/whole_file.h"
#include "otherwise/serve/events.h"
#include "otherwise/serve/limits.h"
#include "otherwise/world/kinds.h"

namespace otherwise::serve {
namespace {

namespace fs = std::filesystem;

/// What a failure is told as: events and single replies differ.
using Tell = std::function<std::string(const std::string& json)>;

/// The work, and in place of its last event what went wrong.
Job::Work guarded(std::function<void(Job&)> work, Tell tell) {
    return [work = std::move(work), tell = std::move(tell)](Job& job) {
        try {
            work(job);
        } catch (const Error& error) {
            job.emit(tell(error_json(error)));
        } catch (const std::bad_alloc&) {
            job.emit(tell(error_json("expected enough memory, got none")));
        } catch (const std::exception& error) {
            job.emit(tell(error_json(error.what())));
        }
    };
}

Job::Work streaming(std::function<void(Job&)> work) {
    return guarded(std::move(work), [](const std::string& json) { return event("error", json); });
}

Job::Work single(std::function<void(Job&)> work) {
    return guarded(std::move(work), [](const std::string& json) { return json; });
}

std::function<bool()> cancelled_of(Job& job) {
    return [&job] { return job.cancelled(); };
}

/// With all samples up to the one that is asked for. Throws misuse where these are too many
/// strings.
Study whole_study(const Ask& ask) {
    Study study = ask.study;
    study.samples = ask.sample + 1;
    const std::size_t strings = std::max(study.prompts.size(), study.strings.size()) *
                                static_cast<std::size_t>(study.samples);
    if (strings > kStrings) {
        misuse({.where = "whole_study",
                .expected = "at most " + std::to_string(kStrings) + " strings, prompts times draws",
                .came = std::to_string(strings)});
    }
    return study;
}

/// A file in a folder of its own, gone at the end.
class Temporary {
public:
    Temporary() {
        std::string name = (fs::temp_directory_path() / "otherwise-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) {
            fail({.where = "Temporary",
                  .expected = "a folder for a run file",
                  .came = "none in '" + fs::temp_directory_path().string() + "'"});
        }
        folder_ = name;
    }
    ~Temporary() {
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
    }
    Temporary(const Temporary&) = delete;
    Temporary& operator=(const Temporary&) = delete;

    [[nodiscard]] std::string file() const { return (folder_ / "live.db").string(); }

private:
    fs::path folder_;
};

/// The study's run in a file; false where it was cancelled.
bool run_into(const std::string& file, Studies& studies, const Ask& ask, Job& job) {
    Study study = whole_study(ask);
    study.null_strings = FloorStrings::some;
    auto opened = open(study, studies.work_of_one());
    const RunResult result = run(opened, {.cancelled = cancelled_of(job)}, {.path = file});
    result.require_sound();
    return !result.cancelled;
}

/// Laws and notes as they come; the caller may add more. Borrows the job.
LiveEvents events_of(Job& job) {
    LiveEvents events;
    events.on_law = [&job](const std::string& line) { job.emit(event("law", line)); };
    events.note = [&job](const std::string& line) { job.emit(event("note", note_json(line))); };
    events.cancelled = cancelled_of(job);
    return events;
}

}  // namespace

Job::Work answer_run(Studies& studies, Ask ask) {
    return streaming([&studies, ask = std::move(ask)](Job& job) {
        LiveEvents events = events_of(job);
        events.on_tokens = [&](const LiveTokens& tokens) {
            job.emit(event("tokens", to_json(tokens)));
        };
        events.on_string = [&](const LiveTokens& tokens) {
            job.emit(event("string", to_json(tokens)));
        };
        events.on_pair = [&](const std::string& line) { job.emit(event("pair", line)); };
        const auto result = studies.of(ask.session).evaluate(ask.study, ask.sample, events);
        job.emit(event("done", to_json(result)));
    });
}

Job::Work answer_laws(Studies& studies, Ask ask) {
    return streaming([&studies, ask = std::move(ask)](Job& job) {
        const LiveEvents events = events_of(job);
        const auto result = studies.of(ask.session).laws(ask.study, ask.sample, events);
        job.emit(event("done", to_json(result)));
    });
}

Job::Work answer_table(Studies& studies, Ask ask) {
    return streaming([&studies, ask = std::move(ask)](Job& job) {
        Study study = whole_study(ask);
        study.null_strings = FloorStrings::some;
        auto opened = open(study, studies.work_of_one());
        const RunResult result =
            run(opened, {.on_progress =
                             [&](long done, long total) {
                                 job.emit(event("progress", progress_json(done, total)));
                             },
                         .cancelled = cancelled_of(job)});
        result.require_sound();
        job.emit(event("result", to_json(result)));
    });
}

Job::Work answer_token(Studies& studies, Ask ask) {
    return single([&studies, ask = std::move(ask)](Job& job) {
        job.emit(to_json(studies.of(ask.session)
                             .token(ask.study, ask.sample, ask.string, ask.position, ask.top,
                                    {.cancelled = cancelled_of(job)})));
    });
}

Job::Work answer_law(Studies& studies, Ask ask) {
    return single([&studies, ask = std::move(ask)](Job& job) {
        auto opened = open_law(whole_study(ask), {}, studies.work_of_one());
        const LawTable table = law_table(opened, {.cancelled = cancelled_of(job)});
        require_laws(opened, table.report);
        job.emit(to_json(table));
    });
}

Job::Work answer_sweep(Studies& studies, Ask ask) {
    return single([&studies, ask = std::move(ask)](Job& job) {
        (void)whole_study(ask);  // not too many strings
        job.emit(to_json(
            studies.of(ask.session)
                .sweep(ask.study, ask.sample, ask.sweep, {.cancelled = cancelled_of(job)})));
    });
}

Job::Work answer_threshold(Studies& studies, Ask ask) {
    return single([&studies, ask = std::move(ask)](Job& job) {
        job.emit(to_json(studies.of(ask.session)
                             .threshold(ask.study, ask.sample, ask.threshold,
                                        {.cancelled = cancelled_of(job)})));
    });
}

Job::Work answer_inspect(Studies& studies, std::string file) {
    return single([&studies, file = std::move(file)](Job& job) {
        job.emit(to_json(inspect(file, studies.work())));
    });
}

Job::Work answer_report(Studies& studies, Ask ask) {
    return single([&studies, ask = std::move(ask)](Job& job) {
        const Temporary kept;
        if (run_into(kept.file(), studies, ask, job)) {
            job.emit(render_report(report(kept.file(), {.title = "What was on the screen"})));
        }
    });
}

Job::Work answer_save(Studies& studies, Ask ask) {
    return single([&studies, ask = std::move(ask)](Job& job) {
        const Temporary kept;
        if (run_into(kept.file(), studies, ask, job)) {
            job.emit(whole_file(kept.file(), "the run file that was made"));
        }
    });
}

}  // namespace otherwise::serve
