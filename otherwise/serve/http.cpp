// The only file that sees cpp-httplib, as llama.cpp's pinned source ships it.
#include "otherwise/serve/http.h"

#include <algorithm>
#include <cctype>
#include <condition_variable>
#include <exception>
#include <list>
#include <mutex>
#include <thread>

#include "otherwise/base/error.h"
#include "otherwise/serve/limits.h"

#ifdef OTHERWISE_HTTP
#include <cpp-httplib/httplib.h>
#endif

namespace otherwise::serve {
namespace {

bool same_name(const std::string& a, const std::string& b) {
    return std::ranges::equal(
        a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

int hex(char c) {
    const auto digit = static_cast<unsigned char>(c);
    if (std::isdigit(digit) != 0) {
        return c - '0';
    }
    return std::isxdigit(digit) != 0 ? std::tolower(digit) - 'a' + 10 : -1;
}

std::string decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int high = i + 2 < text.size() ? hex(text[i + 1]) : -1;
        const int low = i + 2 < text.size() ? hex(text[i + 2]) : -1;
        if (text[i] == '%' && high >= 0 && low >= 0) {
            out += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            out += text[i] == '+' ? ' ' : text[i];
        }
    }
    return out;
}

}  // namespace

std::optional<std::string> HttpRequest::header(const std::string& name) const {
    std::optional<std::string> value;
    for (const auto& [key, text] : headers) {
        if (same_name(key, name)) {
            if (value) {
                return std::nullopt;
            }
            value = text;
        }
    }
    return value;
}

std::optional<std::string> HttpRequest::parameter(const std::string& name) const {
    std::string_view rest = query;
    while (!rest.empty()) {
        const auto end = std::min(rest.find('&'), rest.size());
        const std::string_view part = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        const auto equals = part.find('=');
        if (equals != std::string_view::npos && decoded(part.substr(0, equals)) == name) {
            return decoded(part.substr(equals + 1));
        }
    }
    return std::nullopt;
}

#ifdef OTHERWISE_HTTP

bool can_serve() { return true; }

namespace {

HttpRequest request_of(const httplib::Request& from) {
    HttpRequest request{.method = from.method == "HEAD" ? "GET" : from.method,
                        .path = from.path,
                        .query = {},
                        .body = from.body,
                        .headers = {}};
    if (const auto mark = from.target.find('?'); mark != std::string::npos) {
        request.query = from.target.substr(mark + 1);
    }
    for (const auto& [name, value] : from.headers) {
        request.headers.emplace_back(name, value);
    }
    return request;
}

/// Never shared with another process, as it would be by default.
void own_port(httplib::Server& server) {
    server.set_socket_options([](socket_t socket) {
        (void)httplib::set_socket_opt(socket, SOL_SOCKET, SO_REUSEADDR, 1);
    });
}

void put(HttpReply reply, httplib::Response& to) {
    to.status = reply.status;
    for (const auto& [name, value] : reply.headers) {
        to.set_header(name, value);
    }
    if (!reply.stream) {
        to.set_content(std::move(reply.body), reply.type);
        return;
    }
    to.set_chunked_content_provider(
        reply.type,
        [stream = std::move(reply.stream)](std::size_t /*offset*/, httplib::DataSink& sink) {
            stream([&](const std::string& piece) { return sink.write(piece.data(), piece.size()); },
                   [&] { return sink.is_writable(); });
            sink.done();
            return true;
        });
}

/// A thread for each connection, so that idle ones keep nobody waiting; beyond kConnections a new
/// one is closed at once.
class Connections final : public httplib::TaskQueue {
public:
    bool enqueue(std::function<void()> serve) override {
        const std::scoped_lock lock(mutex_);
        join_finished();
        if (stopped_ || running_.size() >= kConnections) {
            return false;
        }
        std::list<std::thread> one;
        try {
            const auto at = one.emplace(one.end());
            *at = std::thread([this, at, serve = std::move(serve)] { run(serve, at); });
        } catch (const std::exception&) {  // the system has no thread or no memory for it
            return false;
        }
        running_.splice(running_.end(), one);
        return true;
    }

    void shutdown() override {
        std::unique_lock lock(mutex_);
        stopped_ = true;
        ended_.wait(lock, [this] { return running_.empty(); });
        join_finished();
    }

private:
    /// What is thrown ends a connection, and no other.
    void run(const std::function<void()>& serve, std::list<std::thread>::iterator at) {
        try {
            serve();
        } catch (...) {  // NOLINT(bugprone-empty-catch): the peer sees that it is closed
        }
        const std::scoped_lock end(mutex_);
        finished_.splice(finished_.end(), running_, at);
        ended_.notify_all();
    }

    /// All that they still do is to leave the lock.
    void join_finished() {
        for (auto& thread : finished_) {
            thread.join();
        }
        finished_.clear();
    }

    std::mutex mutex_;
    std::condition_variable ended_;
    std::list<std::thread> running_;
    std::list<std::thread> finished_;
    bool stopped_ = false;
};

}  // namespace

class HttpServer::Wall {
public:
    explicit Wall(HttpHandlers handlers) : handlers_(std::move(handlers)) {
        server_.new_task_queue = [] { return new Connections; };  // the server's own
        server_.set_payload_max_length(kBodyBytes);
        server_.set_read_timeout(kReadSeconds);
        server_.set_write_timeout(kWriteSeconds);
        server_.set_keep_alive_timeout(kIdleSeconds);
        server_.set_tcp_nodelay(true);
        own_port(server_);
        httplib::Headers common(handlers_.common.begin(), handlers_.common.end());
        server_.set_default_headers(std::move(common));
        route();
    }

    [[nodiscard]] httplib::Server& server() { return server_; }

private:
    void route() {
        using Handled = httplib::Server::HandlerResponse;
        server_.set_pre_routing_handler(
            [this](const httplib::Request& from, httplib::Response& to) {
                auto reply = handlers_.check(request_of(from));
                if (!reply) {
                    return Handled::Unhandled;
                }
                put(std::move(*reply), to);
                return Handled::Handled;
            });
        for (const auto& [path, handler] : handlers_.get) {
            server_.Get(path, answer(handler));
        }
        for (const auto& [path, handler] : handlers_.post) {
            server_.Post(path, answer(handler));
        }
        const auto refuse = [this](int status, httplib::Response& to) {
            put(handlers_.refusal(status), to);
        };
        server_.set_error_handler(
            [refuse](const httplib::Request& /*from*/, httplib::Response& to) {
                if (!to.body.empty() || to.has_header("Content-Type")) {
                    return Handled::Unhandled;
                }
                refuse(to.status, to);
                return Handled::Handled;
            });
        server_.set_exception_handler(
            [refuse](const httplib::Request& /*from*/, httplib::Response& to,
                     const std::exception_ptr& /*thrown*/) { refuse(500, to); });
    }

    using Handler = std::function<HttpReply(const HttpRequest&, const Alive&)>;
    static httplib::Server::Handler answer(const Handler& handler) {
        return [&handler](const httplib::Request& from, httplib::Response& to) {
            put(handler(request_of(from), [&from] { return !from.is_connection_closed(); }), to);
        };
    }

    HttpHandlers handlers_;
    httplib::Server server_;
};

int HttpServer::bind(const std::string& host, int port) {
    httplib::Server& server = wall_->server();
    if (port == 0) {
        return std::max(0, server.bind_to_any_port(host));
    }
    return server.bind_to_port(host, port) ? port : 0;
}

int next_free_port(const std::string& host, int port) {
    constexpr int kTried = 100;
    constexpr int kLast = 65535;
    for (int next = port + 1; next <= std::min(port + kTried, kLast); ++next) {
        httplib::Server server;
        own_port(server);
        if (server.bind_to_port(host, next)) {
            return next;
        }
    }
    return 0;
}

void HttpServer::serve() {
    if (!wall_->server().listen_after_bind()) {
        fail({.where = "HttpServer::serve",
              .expected = "connections to accept",
              .came = "a socket that failed"});
    }
}

void HttpServer::stop() { wall_->server().stop(); }

#else

bool can_serve() { return false; }

class HttpServer::Wall {
public:
    explicit Wall(HttpHandlers /*handlers*/) {}
};
int HttpServer::bind(const std::string& /*host*/, int /*port*/) { return 0; }
int next_free_port(const std::string& /*host*/, int /*port*/) { return 0; }
void HttpServer::serve() {
    misuse({.where = "HttpServer",
            .expected = "a build with the pinned source of llama.cpp, which holds the server",
            .came = "one on an installed llama.cpp without it"});
}
void HttpServer::stop() {}

#endif

HttpServer::HttpServer(HttpHandlers handlers)
    : wall_(std::make_unique<Wall>(std::move(handlers))) {}
HttpServer::~HttpServer() = default;

}  // namespace otherwise::serve
