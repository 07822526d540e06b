#include "otherwise/serve/server.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>

#include "otherwise/api/compose.h"
#include "otherwise/base/error.h"
#include "otherwise/serve/answers.h"
#include "otherwise/serve/events.h"
#include "otherwise/serve/guard.h"
#include "otherwise/serve/http.h"
#include "otherwise/serve/limits.h"
#include "otherwise/serve/pages.h"
#include "otherwise/serve/start.h"
#include "otherwise/study/saved_study.h"

namespace otherwise::serve {
namespace {

constexpr std::chrono::milliseconds kLook{200};  // between two looks whether the client is there

using Handler = std::function<HttpReply(const HttpRequest&, const Alive&)>;

HttpReply json_reply(std::string json) { return {.body = std::move(json) + "\n"}; }

/// 422 where the API's own answer is {"error": …}.
HttpReply single_reply(std::string text, const std::string& type) {
    HttpReply reply{.type = type, .body = std::move(text)};
    if (reply.body.starts_with("{\"error\":")) {
        reply.status = 422;
        reply.type = "application/json";
    }
    if (reply.type == "application/json") {
        reply.body += '\n';
    }
    return reply;
}

HttpReply too_many() {
    return refuse(429, "expected fewer requests at once, got too many; try again");
}

/// The one event of a job, once it is there.
HttpReply wait_for(const std::shared_ptr<Job>& job, const Alive& alive, const std::string& type) {
    while (!job->over()) {
        if (auto text = job->next(kLook)) {
            return single_reply(std::move(*text), type);
        }
        if (!alive()) {
            job->cancel();
        }
    }
    return refuse(409, "expected to be the newest request, got one after it");
}

/// The events of a job as they come.
HttpReply stream_of(const std::shared_ptr<Job>& job) {
    HttpReply reply{.type = "text/event-stream"};
    reply.stream = [job](const Send& send, const Alive& alive) {
        while (!job->over()) {
            const auto next = job->next(kLook);
            if (next ? !send(*next) : !alive()) {
                job->cancel();
                return;
            }
        }
    };
    return reply;
}

}  // namespace

class Server::Parts {
public:
    explicit Parts(ServeSettings settings)
        : settings_(std::move(settings)),
          folders_(settings_.folders),
          studies_(with_memory(settings_), kSessions),
          guard_{.host = settings_.host,
                 .port = settings_.port,
                 .token = is_loopback(settings_.host) ? "" : new_token()},
          http_(handlers()) {
        allow_own_files();
        bind();  // who comes before the model is there waits for it
        warm();
    }

    [[nodiscard]] std::string address() const { return address_of(guard_); }
    void serve() { http_.serve(); }
    void stop() {
        jobs_.stop();
        http_.stop();
    }

private:
    static Work with_memory(const ServeSettings& settings) {
        Work work = settings.work;
        work.memory = memory_of(work, settings.study.gpu_layers);
        return work;
    }

    /// Files of the command line may be named by pages, and have the names that pages give them.
    void allow_own_files() {
        const std::string model = settings_.study.model;
        settings_.study = with_files(settings_.study, [this](const std::string& file) {
            folders_.allow(file);
            std::error_code none;
            const auto path = std::filesystem::canonical(file, none);
            return none ? file : path.string();
        });
        settings_.study.model = model;
    }

    /// Loads the models; what the first page asks first is kept.
    void warm() {
        Study study = settings_.study;
        study.null_strings = FloorStrings::all;
        (void)studies_.spare().evaluate(study, 0);
    }

    void bind() {
        const int port = http_.bind(guard_.host, guard_.port);
        if (port == 0) {
            const int next = next_free_port(guard_.host, guard_.port);
            misuse({.where = "Server",
                    .expected = "a free port of " + guard_.host + " (" + setting("port") + ")",
                    .came = std::to_string(guard_.port) + ", which is taken",
                    .advice = next == 0 ? "" : setting("port", std::to_string(next)) + " is free"});
        }
        guard_.port = port;
    }

    [[nodiscard]] HttpHandlers handlers() {
        HttpHandlers all;
        all.check = [this](const HttpRequest& request) { return check_request(request, guard_); };
        all.refusal = refusal;
        all.common = common_headers();
        add_pages(all);
        all.get["/api/state"] = [this](const HttpRequest& /*request*/, const Alive& /*alive*/) {
            const Study named = with_files(settings_.study, [this](const std::string& file) {
                return folders_.name_of(file);
            });
            return json_reply(start_json(named, model_path(settings_.study, settings_.work)));
        };
        all.get["/api/files"] = [this](const HttpRequest& /*request*/, const Alive& /*alive*/) {
            return json_reply(files_json(folders_));
        };
        all.get["/api/inspect"] = [this](const HttpRequest& request, const Alive& alive) {
            return asked([&] {
                const auto file = folders_.resolve(request.parameter("file").value_or(""));
                const auto job =
                    std::make_shared<Job>("", "inspect", answer_inspect(studies_, file));
                return jobs_.add(job) ? wait_for(job, alive, "application/json") : too_many();
            });
        };
        all.post["/api/study"] =
            text_of([](const Ask& ask) { return to_toml(ask.study); }, "application/toml");
        all.post["/api/command"] =
            text_of([](const Ask& ask) { return command_line(ask.study, ask.sample) + "\n"; },
                    "text/plain; charset=utf-8");
        add_answers(all);
        return all;
    }

    void add_answers(HttpHandlers& all) {
        const std::string json = "application/json";
        all.post["/api/run"] = stream("run", answer_run);
        all.post["/api/laws"] = stream("laws", answer_laws);
        all.post["/api/table"] = stream("table", answer_table);
        all.post["/api/token"] = single("token", answer_token, json);
        all.post["/api/law"] = single("law", answer_law, json);
        all.post["/api/sweep"] = single("sweep", answer_sweep, json);
        all.post["/api/threshold"] = single("threshold", answer_threshold, json);
        all.post["/api/report"] = single("report", answer_report, "text/html; charset=utf-8");
        all.post["/api/save"] = single("save", answer_save, "application/vnd.sqlite3");
    }

    using Answer = Job::Work (*)(Studies&, Ask);

    /// What makes no sense is 400 and a sentence.
    static HttpReply asked(const std::function<HttpReply()>& answer) {
        try {
            return answer();
        } catch (const Error& error) {
            return {.status = 400, .body = error_json(error) + "\n"};
        }
    }

    [[nodiscard]] Ask ask_of(const HttpRequest& request) const {
        return read_ask(request.body, settings_.study, folders_);
    }

    Handler stream(const char* kind, Answer answer) {
        return [this, kind, answer](const HttpRequest& request, const Alive& /*alive*/) {
            return asked([&] {
                Ask ask = ask_of(request);
                const std::string session = ask.session;
                const auto job =
                    std::make_shared<Job>(session, kind, answer(studies_, std::move(ask)));
                return jobs_.add(job) ? stream_of(job) : too_many();
            });
        };
    }

    Handler single(const char* kind, Answer answer, const std::string& type) {
        return [this, kind, answer, type](const HttpRequest& request, const Alive& alive) {
            return asked([&] {
                Ask ask = ask_of(request);
                const std::string session = ask.session;
                const auto job =
                    std::make_shared<Job>(session, kind, answer(studies_, std::move(ask)));
                return jobs_.add(job) ? wait_for(job, alive, type) : too_many();
            });
        };
    }

    Handler text_of(std::string (*text)(const Ask&), const std::string& type) {
        return [this, text, type](const HttpRequest& request, const Alive& /*alive*/) {
            return asked([&] { return HttpReply{.type = type, .body = text(ask_of(request))}; });
        };
    }

    ServeSettings settings_;
    Folders folders_;
    Studies studies_;
    Guard guard_;
    HttpServer http_;
    Jobs jobs_;
};

Server::Server(ServeSettings settings) : parts_(std::make_unique<Parts>(std::move(settings))) {}
Server::~Server() = default;
std::string Server::address() const { return parts_->address(); }
void Server::serve() { parts_->serve(); }
void Server::stop() { parts_->stop(); }

}  // namespace otherwise::serve
