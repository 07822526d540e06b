// Which ids were seen: their numbers by their texts, which stay where they are kept. A million of
// them take 16 MB and no allocation each, so that reading is not slower for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace otherwise {

/// A hash table with open addressing and linear probing, at most half full.
class IdIndex {
public:
    /// The number under which an equal id was added before; else none, and the id has the number
    /// of ids before it. `id_of(number)` is the id with that number.
    template <typename IdOf>
    std::optional<std::size_t> add(std::string_view id, const IdOf& id_of) {
        if (std::size_t{count_} + 1 > slots_.size() / 2) {
            grow();
        }
        const auto mark = static_cast<std::uint32_t>(std::hash<std::string_view>()(id));
        auto at = mark & (slots_.size() - 1);
        for (; slots_[at].number != 0; at = next(at)) {
            const std::size_t number = slots_[at].number - 1;
            if (slots_[at].mark == mark && id_of(number) == id) {
                return number;
            }
        }
        slots_[at] = {.mark = mark, .number = ++count_};
        return std::nullopt;
    }

private:
    struct Slot {
        std::uint32_t mark = 0;    ///< of the id's hash, so that most others need no look at it
        std::uint32_t number = 0;  ///< from 1; 0 is empty
    };

    [[nodiscard]] std::size_t next(std::size_t at) const { return (at + 1) & (slots_.size() - 1); }

    void grow() {
        constexpr std::size_t kFewest = 16;
        std::vector<Slot> before(slots_.empty() ? kFewest : 2 * slots_.size());
        before.swap(slots_);
        for (const auto& slot : before) {
            auto at = slot.mark & (slots_.size() - 1);
            while (slot.number != 0 && slots_[at].number != 0) {
                at = next(at);
            }
            if (slot.number != 0) {
                slots_[at] = slot;
            }
        }
    }

    std::vector<Slot> slots_;  ///< a power of two
    std::uint32_t count_ = 0;
};

}  // namespace otherwise
