// SHA-256 against the known answers of FIPS 180-4 and of NIST's byte-oriented test vectors.
#include "otherwise/base/hash.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <set>

#include "tests/support/expect_error.h"

namespace otherwise {
namespace {

class HashFile : public testing::Test {
protected:
    ~HashFile() override { std::filesystem::remove(path_); }
    std::string hash_of(const std::string& bytes) const {
        std::ofstream(path_, std::ios::binary) << bytes;
        return sha256_file(path_);
    }
    std::filesystem::path path_ = std::filesystem::temp_directory_path() /
                                  ("otherwise-hash-test-" + std::to_string(::getpid()));
};

TEST_F(HashFile, KnownAnswers) {
    EXPECT_EQ(hash_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(hash_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hash_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    // More than one piece of the reader: a million letters, and a piece to the byte.
    EXPECT_EQ(hash_of(std::string(1000000, 'a')),
              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    EXPECT_NE(hash_of(std::string(1 << 20, 'a')), hash_of(std::string((1 << 20) + 1, 'a')));
}

TEST(Hash, FilesThatCannotBeRead) { EXPECT_ERROR(sha256_file("/no/such/file"), "/no/such/file"); }

TEST(Hash64, IsTheStartOfSha256) {
    EXPECT_EQ(hash64(""), 0x141cfc9842c4b0e3ULL);     // e3b0c442 98fc1c14, little-endian
    EXPECT_EQ(hash64("abc"), 0xeacf018fbf1678baULL);  // ba7816bf 8f01cfea
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 2000; ++i) {
        seen.insert(hash64(std::to_string(i)));
    }
    EXPECT_EQ(seen.size(), 2000U);
    EXPECT_NE(hash64(std::string_view("a\0b", 3)), hash64("a"));
}

}  // namespace
}  // namespace otherwise
