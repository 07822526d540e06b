// Values of a study file, of the types and ranges that its keys take.
//
// A value of another type or out of its range is misuse; the message names the key, what it takes,
// what came, the file and the line.
#pragma once

#include <toml++/toml.h>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "otherwise/base/token.h"
#include "otherwise/world/intervention.h"

namespace otherwise {

/// A node of a study file and how to complain of it: it borrows the node and the source's name.
class StudyValue {
public:
    static constexpr std::int64_t kMost = std::numeric_limits<int>::max();

    StudyValue(std::string key, const toml::node& node, const std::string& source)
        : key_(std::move(key)), node_(&node), source_(&source) {}

    [[noreturn]] void refuse(const std::string& expected, const std::string& came = {}) const;
    [[nodiscard]] std::int64_t whole(std::int64_t low, std::int64_t high = kMost) const;
    [[nodiscard]] int count(std::int64_t low, std::int64_t high = kMost) const;
    [[nodiscard]] float real(double low, double high) const;
    [[nodiscard]] bool flag() const;
    [[nodiscard]] std::string text() const;
    /// A day, as a text or as TOML's own.
    [[nodiscard]] std::string day() const;
    [[nodiscard]] std::string word(const std::vector<std::string>& words) const;
    /// A text, or a list of them.
    [[nodiscard]] std::vector<std::string> texts() const;
    [[nodiscard]] std::vector<StudyValue> elements() const;
    [[nodiscard]] Tokens tokens() const;
    [[nodiscard]] std::uint64_t seed() const;
    [[nodiscard]] std::vector<Intervention> items() const;
    [[nodiscard]] const toml::node& node() const { return *node_; }

private:
    [[nodiscard]] std::string shown() const;

    std::string key_;
    const toml::node* node_;
    const std::string* source_;
};

}  // namespace otherwise
