// The live page's server: a page, and a JSON API that it and everyone else may use (docs/serve.md).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "otherwise/api/work.h"
#include "otherwise/study/study.h"

namespace otherwise::serve {

struct ServeSettings {
    Study study;  ///< its model, mechanism, strings and worlds are what a page begins with
    Work work;
    std::vector<std::string> folders{};  ///< whose files pages may name
    std::string host = "127.0.0.1";      ///< another than loopback gets a token
    int port = 8080;                     ///< 0: any that is free
};

class Server {
public:
    /// Opens the study once, so that the models are loaded and the first page has its answer.
    /// Throws Error like open(); misuse for a port that another process has, with the next free
    /// one.
    explicit Server(ServeSettings settings);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Where the page is; with the token where there is one.
    [[nodiscard]] std::string address() const;
    /// Serves until stop().
    void serve();
    /// From another thread: cancels what is evaluated, which ends within one call.
    void stop();

private:
    class Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace otherwise::serve
