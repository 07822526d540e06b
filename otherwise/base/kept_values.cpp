#include "otherwise/base/kept_values.h"

#include <algorithm>
#include <utility>

namespace otherwise {

std::shared_ptr<void> KeptValues::find_any(const std::string& key, bool idle) {
    const auto found = std::ranges::find_if(values_, [&](const Value& one) {
        return one.key == key && (!idle || one.value.use_count() == 1);
    });
    if (found == values_.end()) {
        return nullptr;
    }
    values_.splice(values_.begin(), values_, found);
    return found->value;
}

KeptValues::Values::iterator KeptValues::forget(Values::iterator at) {
    bytes_ -= at->bytes;
    return values_.erase(at);
}

bool KeptValues::make_room(std::size_t bytes) {
    std::size_t needed = bytes;
    for (const auto& one : values_) {
        needed += one.value.use_count() > 1 ? one.bytes : 0;
    }
    if (bytes > most_ || needed > most_) {
        return false;
    }
    for (auto at = values_.end(); bytes_ > most_ - bytes;) {
        --at;
        if (at->value.use_count() == 1) {
            at = forget(at);
        }
    }
    return true;
}

bool KeptValues::put(const std::string& key, std::shared_ptr<void> value, std::size_t bytes) {
    const std::size_t all = bytes + key.size() + sizeof(Value);
    if (!make_room(all)) {
        return false;
    }
    values_.push_front({.key = key, .value = std::move(value), .bytes = all});
    bytes_ += all;
    return true;
}

bool KeptValues::replace(const std::string& key, std::shared_ptr<void> value, std::size_t bytes) {
    for (auto at = values_.begin(); at != values_.end();) {
        at = at->key == key ? forget(at) : std::next(at);
    }
    return put(key, std::move(value), bytes);
}

void KeptValues::drop(const std::shared_ptr<void>& value) {
    const auto found = std::ranges::find(values_, value, &Value::value);
    if (found != values_.end()) {
        (void)forget(found);
    }
}

}  // namespace otherwise
