#include "otherwise/base/id_index.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace otherwise {
namespace {

class Ids {
public:
    std::optional<std::size_t> add(const std::string& id) {
        const auto known = index_.add(id, [&](std::size_t number) { return ids_[number]; });
        if (!known) {
            ids_.push_back(id);
        }
        return known;
    }

private:
    std::vector<std::string> ids_;
    IdIndex index_;
};

TEST(IdIndex, RemembersEveryIdWhileItGrows) {
    constexpr std::size_t kMany = 100000;  // some hashes agree in 32 bits
    Ids ids;
    for (std::size_t i = 0; i < kMany; ++i) {
        ASSERT_EQ(ids.add(std::to_string(i)), std::nullopt) << i;
    }
    for (std::size_t i = 0; i < kMany; ++i) {
        ASSERT_EQ(ids.add(std::to_string(i)), i);
    }
    EXPECT_EQ(ids.add("another"), std::nullopt);
    EXPECT_EQ(ids.add("another"), kMany);
}

TEST(IdIndex, AnIdMayBeEmptyOrHoldAnything) {
    Ids ids;
    EXPECT_EQ(ids.add(""), std::nullopt);
    EXPECT_EQ(ids.add(std::string(1, '\0')), std::nullopt);
    EXPECT_EQ(ids.add(""), 0U);
    EXPECT_EQ(ids.add(std::string(1, '\0')), 1U);
    EXPECT_EQ(ids.add(std::string(2, '\0')), std::nullopt);
}

}  // namespace
}  // namespace otherwise
