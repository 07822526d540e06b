#ifdef OTHERWISE_JINJA
#include "otherwise/model/jinja_budget.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <unordered_map>

#include "jinja/value.h"

namespace otherwise {
namespace {

using jinja::value;

constexpr std::size_t kWork = 100000000;
constexpr std::size_t kWorkOfMessage = 400000;
constexpr std::size_t kWorkOfByte = 64;
constexpr std::size_t kPartOfText = 48;  // bytes that the engine keeps for each part of a text
constexpr std::size_t kWalked = 50;
constexpr std::uintptr_t kMostStack = std::uintptr_t{1} << 20U;
constexpr int kDeepest = 100;

struct Rendering {
    std::size_t left = 0;
    std::uintptr_t stack = 0;  // where it began
    jinja::context* root = nullptr;
    std::unordered_map<const jinja::value_t*, value> namespaces;
    int links = 0;  // of namespaces within namespaces
};

thread_local Rendering rendering;

class Walk {
public:
    explicit Walk(const jinja::value_t* never) : never_(never) {}

    void take(const value& one, int depth = 0) {
        if (never_ != nullptr && one.get() == never_) {
            refuse_jinja("a value within itself");
        }
        if (depth > kDeepest) {
            refuse_jinja("values nested more than " + std::to_string(kDeepest) + " deep");
        }
        spend(kWalked);
        ++size_.values;
        if (jinja::is_val<jinja::value_string>(one)) {
            size_.bytes += bytes_of(one->val_str);
        } else if (jinja::is_val<jinja::value_array>(one)) {
            for (const auto& item : one->as_array()) {
                take(item, depth + 1);
            }
        } else if (jinja::is_val<jinja::value_object>(one)) {
            size_.has_namespace = size_.has_namespace || BoundedRendering::is_namespace(one);
            for (const auto& [key, item] : one->as_ordered_object()) {
                take(key, depth + 1);
                take(item, depth + 1);
            }
        } else if (jinja::is_val<jinja::value_kwarg>(one)) {
            take(jinja::cast_val<jinja::value_kwarg>(one)->val, depth);
        }
    }
    [[nodiscard]] JinjaSize size() const { return size_; }

private:
    const jinja::value_t* never_;
    JinjaSize size_;
};

}  // namespace

void refuse_jinja(const std::string& what) { throw std::runtime_error(what); }

void spend(std::size_t work) {
    if (work > rendering.left) {
        rendering.left = 0;
        refuse_jinja("more work than a chat template may make");
    }
    rendering.left -= work;
}

void spend(std::size_t a, std::size_t b) {
    const bool too_much = a != 0 && b > std::numeric_limits<std::size_t>::max() / a;
    spend(too_much ? std::numeric_limits<std::size_t>::max() : a * b);
}

std::size_t bytes_of(const jinja::string& text) {
    std::size_t bytes = 0;
    for (const auto& part : text.parts) {
        bytes += part.val.size() + kPartOfText;
    }
    return bytes;
}

JinjaSize size_of(const value& one, const jinja::value_t* never) {
    Walk walk(never);
    walk.take(one);
    return walk.size();
}

std::size_t spend_search(std::string_view text, std::string_view part) {
    spend(text.size() + part.size());
    if (part.empty()) {
        return text.size() + 1;
    }
    const auto starts = static_cast<std::size_t>(std::ranges::count(text, part.front()));
    spend(starts, std::min(part.size(), text.size()));
    std::size_t count = 0;
    for (auto at = text.find(part); at != std::string_view::npos;
         at = text.find(part, at + part.size())) {
        ++count;
    }
    return count;
}

void require_stack() {
    const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    const auto used = here < rendering.stack ? rendering.stack - here : here - rendering.stack;
    if (used > kMostStack) {
        refuse_jinja("calls nested too deep");
    }
}

BoundedRendering::BoundedRendering(jinja::context& root, std::size_t messages, std::size_t bytes) {
    rendering.left = kWork + messages * kWorkOfMessage + bytes * kWorkOfByte;
    rendering.stack = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    rendering.root = &root;
    rendering.namespaces.clear();
    rendering.links = 0;
}

BoundedRendering::~BoundedRendering() { rendering = {}; }

jinja::context& BoundedRendering::root() { return *rendering.root; }

void BoundedRendering::add_namespace(const value& made) {
    rendering.namespaces.emplace(made.get(), made);
}

bool BoundedRendering::is_namespace(const value& one) {
    return rendering.namespaces.contains(one.get());
}

void BoundedRendering::add_link() {
    if (++rendering.links > kDeepest) {
        refuse_jinja("more than " + std::to_string(kDeepest) + " namespaces within namespaces");
    }
}

}  // namespace otherwise
#endif
