// Values that are kept for whoever asks again, of so many bytes in all: the longest unused go
// first.
//
//   KeptValues kept(bytes);
//   kept.put("strings of …", std::make_shared<Strings>(…), 1000);
//   if (auto strings = kept.find<Strings>("strings of …")) …
//
// What somebody else holds stays and counts. Each operation costs the number of values at most. For
// one thread at a time.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <string>

namespace otherwise {

class KeptValues {
public:
    explicit KeptValues(std::size_t most) : most_(most) {}

    /// The value of this key that was put last, now the last used one; null without. A key has
    /// values of one type.
    template <typename T>
    [[nodiscard]] std::shared_ptr<T> find(const std::string& key) {
        return std::static_pointer_cast<T>(find_any(key, false));
    }
    /// The same of those that nobody holds: a key may have several values.
    template <typename T>
    [[nodiscard]] std::shared_ptr<T> find_idle(const std::string& key) {
        return std::static_pointer_cast<T>(find_any(key, true));
    }

    /// Another value of this key. False where there is no room for it: then it is not kept.
    bool put(const std::string& key, std::shared_ptr<void> value, std::size_t bytes);
    /// In place of all that the key has.
    bool replace(const std::string& key, std::shared_ptr<void> value, std::size_t bytes);

    /// Lets go of what was longest unused until so many bytes more fit. False, and nothing goes,
    /// where they do not fit beside what is held.
    bool make_room(std::size_t bytes);
    /// Lets go of a value, whoever holds it.
    void drop(const std::shared_ptr<void>& value);

    [[nodiscard]] std::size_t bytes() const { return bytes_; }
    [[nodiscard]] std::size_t most() const { return most_; }
    [[nodiscard]] std::size_t size() const { return values_.size(); }

private:
    struct Value {
        std::string key;
        std::shared_ptr<void> value;
        std::size_t bytes = 0;
    };
    using Values = std::list<Value>;

    [[nodiscard]] std::shared_ptr<void> find_any(const std::string& key, bool idle);
    Values::iterator forget(Values::iterator at);

    std::size_t most_;
    std::size_t bytes_ = 0;
    Values values_;  // used last first
};

}  // namespace otherwise
