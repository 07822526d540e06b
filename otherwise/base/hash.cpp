#include "otherwise/base/hash.h"

#include <openssl/evp.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <memory>
#include <span>
#include <vector>

#include "otherwise/base/cancelled.h"
#include "otherwise/base/error.h"

namespace otherwise {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 20;

struct DigestDeleter {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

class Sha256 {
public:
    Sha256() : context_(EVP_MD_CTX_new()) {
        if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1) {
            fail({.where = "Sha256", .expected = "a working SHA-256", .came = "none from OpenSSL"});
        }
    }
    void add(const char* data, std::size_t size) { EVP_DigestUpdate(context_.get(), data, size); }
    std::array<unsigned char, 32> finish() {
        std::array<unsigned char, 32> digest{};
        unsigned int length = 0;
        EVP_DigestFinal_ex(context_.get(), digest.data(), &length);
        return digest;
    }

private:
    std::unique_ptr<EVP_MD_CTX, DigestDeleter> context_;
};

std::string hexadecimal(std::span<const unsigned char> bytes) {
    std::string hex;
    for (const unsigned char byte : bytes) {
        constexpr std::string_view digits = "0123456789abcdef";
        hex += digits[byte >> 4U];
        hex += digits[byte & 15U];
    }
    return hex;
}

}  // namespace

std::string sha256_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        fail({.where = "sha256_file", .expected = "a readable file", .came = path.string()});
    }
    Sha256 hash;
    std::vector<char> piece(kPiece);
    while (file.read(piece.data(), static_cast<std::streamsize>(piece.size())) ||
           file.gcount() > 0) {
        hash.add(piece.data(), static_cast<std::size_t>(file.gcount()));
        stop_if_cancelled();
    }
    if (file.bad()) {
        fail({.where = "sha256_file",
              .expected = "a file that can be read to its end",
              .came = path.string()});
    }
    return hexadecimal(hash.finish());
}

std::string sha256_text(std::string_view text) {
    Sha256 hash;
    hash.add(text.data(), text.size());
    return hexadecimal(hash.finish());
}

std::uint64_t hash64(std::string_view text) {
    Sha256 hash;
    hash.add(text.data(), text.size());
    const auto digest = hash.finish();
    std::uint64_t value = 0;
    for (unsigned i = 0; i < 8; ++i) {
        value |= static_cast<std::uint64_t>(digest[i]) << (8U * i);
    }
    return value;
}

}  // namespace otherwise
