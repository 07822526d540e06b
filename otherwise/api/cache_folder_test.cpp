#include "otherwise/api/cache_folder.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <map>
#include <optional>

namespace otherwise {
namespace {

/// Variables of the environment as they were, at the end.
class CacheFolder : public testing::Test {
protected:
    CacheFolder() {
        for (const char* name : {"OTHERWISE_CACHE", "XDG_CACHE_HOME", "HOME"}) {
            const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
            before_[name] = value == nullptr ? std::nullopt : std::optional<std::string>(value);
        }
    }
    ~CacheFolder() override {
        for (const auto& [name, value] : before_) {
            set(name.c_str(), value ? value->c_str() : nullptr);
        }
    }
    static void set(const char* name, const char* value) {
        value == nullptr ? ::unsetenv(name) : ::setenv(name, value, 1);
    }

private:
    std::map<std::string, std::optional<std::string>> before_;
};

TEST_F(CacheFolder, IsOursThenTheDesktopsThenTheHomes) {
    set("OTHERWISE_CACHE", "/own");
    set("XDG_CACHE_HOME", "/xdg");
    set("HOME", "/home/me");
    EXPECT_EQ(cache_folder(), "/own");
    set("OTHERWISE_CACHE", "");  // as if it were not there
    EXPECT_EQ(cache_folder(), "/xdg/otherwise");
    set("OTHERWISE_CACHE", nullptr);
    EXPECT_EQ(cache_folder(), "/xdg/otherwise");
    set("XDG_CACHE_HOME", nullptr);
    EXPECT_EQ(cache_folder(), "/home/me/.cache/otherwise");
}

}  // namespace
}  // namespace otherwise
