// HTTP as the server needs it; cpp-httplib stays behind http.cpp.
//
// Requests come from many threads at once. Each is seen twice: its head alone by `check`, before
// any of its body is read, then by the handler of its path.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace otherwise::serve {

struct HttpRequest {
    std::string method;  ///< "GET" stands for HEAD, too
    std::string path;    ///< decoded, without the query
    std::string query;   ///< as it came, without the question mark
    std::string body;    ///< empty for `check`
    std::vector<std::pair<std::string, std::string>> headers;

    /// The value of the only header with this name, in any case; nothing for none or several.
    [[nodiscard]] std::optional<std::string> header(const std::string& name) const;
    /// The value of a parameter of the query, decoded; nothing without it.
    [[nodiscard]] std::optional<std::string> parameter(const std::string& name) const;
};

/// Sends one piece of a reply; false once the client is gone or takes nothing.
using Send = std::function<bool(const std::string& piece)>;
/// Whether the client is still there.
using Alive = std::function<bool()>;

struct HttpReply {
    int status = 200;
    std::string type = "application/json";
    std::string body{};
    std::vector<std::pair<std::string, std::string>> headers{};
    /// In place of the body: called once, returns when there is no more to send.
    std::function<void(const Send& send, const Alive& alive)> stream{};
};

struct HttpHandlers {
    /// Nothing lets the request through.
    std::function<std::optional<HttpReply>(const HttpRequest&)> check;
    /// By path; `alive` as for streams.
    std::map<std::string, std::function<HttpReply(const HttpRequest&, const Alive& alive)>> get{};
    std::map<std::string, std::function<HttpReply(const HttpRequest&, const Alive& alive)>> post{};
    /// The reply where no handler made one: a status and its sentence.
    std::function<HttpReply(int status)> refusal;
    /// Headers of every reply.
    std::vector<std::pair<std::string, std::string>> common{};
};

class HttpServer {
public:
    explicit HttpServer(HttpHandlers handlers);
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    /// Takes the address, of which no other process may have the port; of port 0 any that is free.
    /// Returns the port, or 0 where it is not to be had.
    [[nodiscard]] int bind(const std::string& host, int port);
    /// Serves until stop() from another thread. Throws what no thread could be made for.
    void serve();
    void stop();

private:
    class Wall;
    std::unique_ptr<Wall> wall_;
};

/// The first port after this one that could be taken; 0 where none of the next hundred can.
[[nodiscard]] int next_free_port(const std::string& host, int port);

/// Whether this build has a server: not where it uses an installed llama.cpp without its source.
[[nodiscard]] bool can_serve();

}  // namespace otherwise::serve
