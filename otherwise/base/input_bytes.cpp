#include "otherwise/base/input_bytes.h"

#include <zlib.h>

#include <algorithm>
#include <istream>
#include <limits>
#include <string_view>
#include <utility>

#include "otherwise/base/error.h"

namespace otherwise {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 16;
constexpr int kGzipOnly = 16 + MAX_WBITS;  // zlib's number for "gzip, any window"
constexpr std::string_view kGzipMagic = "\x1F\x8B";

}  // namespace

struct InputBytes::Zip {
    Zip() : sound(inflateInit2(&stream, kGzipOnly) == Z_OK) {}
    Zip(const Zip&) = delete;
    Zip& operator=(const Zip&) = delete;
    ~Zip() { inflateEnd(&stream); }

    z_stream stream{};
    bool sound;
    bool between = false;  ///< a member has ended, none has begun
};

InputBytes::InputBytes(std::istream& in, std::string source)
    : in_(&in), source_(std::move(source)) {}

InputBytes::~InputBytes() = default;

void InputBytes::refuse_zip(const std::string& came) const {
    fail({.where = "InputBytes", .expected = "whole gzip in " + source_, .came = came});
}

/// What is there, once anything is: a pipe may stay open long after the records that are wanted.
std::size_t InputBytes::read_plain(char* to, std::size_t size) {
    std::streamsize got = 0;
    if (in_->good()) {
        std::streamsize there = in_->rdbuf()->in_avail();
        if (there <= 0 && in_->peek() != std::istream::traits_type::eof()) {  // waits for more
            there = std::max<std::streamsize>(in_->rdbuf()->in_avail(), 1);
        }
        in_->read(to, std::clamp<std::streamsize>(there, 0, static_cast<std::streamsize>(size)));
        got = in_->gcount();
    }
    if (in_->bad()) {
        fail({.where = "InputBytes", .expected = "to read " + source_, .came = "an error"});
    }
    return static_cast<std::size_t>(got);
}

void InputBytes::start() {
    started_ = true;
    block_.resize(kBlock);
    std::size_t size = read_plain(block_.data(), kBlock);
    if (size == 1 && block_[0] == kGzipMagic[0]) {
        size += read_plain(block_.data() + 1, kBlock - 1);
    }
    block_.resize(size);
    if (!std::string_view(block_).starts_with(kGzipMagic)) {
        return;
    }
    zip_ = std::make_unique<Zip>();
    if (!zip_->sound) {
        refuse_zip("no memory to unzip it");
    }
}

std::size_t InputBytes::read(char* to, std::size_t size) {
    if (!started_) {
        start();
    }
    if (zip_) {
        return read_zipped(to, size);
    }
    if (taken_ == block_.size()) {
        return read_plain(to, size);
    }
    const auto some = block_.copy(to, size, taken_);
    taken_ += some;
    return some;
}

bool InputBytes::refill() {
    if (taken_ < block_.size()) {
        return true;
    }
    block_.resize(kBlock);
    block_.resize(read_plain(block_.data(), kBlock));
    taken_ = 0;
    return !block_.empty();
}

/// Past the zeros with which tapes and disks pad a member.
bool InputBytes::next_member() {
    while (refill()) {
        if (block_[taken_] != '\0') {
            inflateReset(&zip_->stream);
            zip_->between = false;
            return true;
        }
        ++taken_;
    }
    return false;
}

std::size_t InputBytes::read_zipped(char* to, std::size_t size) {
    z_stream& stream = zip_->stream;
    size = std::min<std::size_t>(size, std::numeric_limits<uInt>::max());
    stream.next_out = reinterpret_cast<Bytef*>(to);
    stream.avail_out = static_cast<uInt>(size);
    while (stream.avail_out == size) {
        if (zip_->between && !next_member()) {
            return 0;
        }
        if (!refill()) {
            refuse_zip("gzip that breaks off");
        }
        stream.next_in = reinterpret_cast<Bytef*>(block_.data() + taken_);
        stream.avail_in = static_cast<uInt>(block_.size() - taken_);
        const int result = inflate(&stream, Z_NO_FLUSH);
        taken_ = block_.size() - stream.avail_in;
        zip_->between = result == Z_STREAM_END;
        if (result != Z_STREAM_END && result != Z_OK && result != Z_BUF_ERROR) {
            refuse_zip(std::string("damage (") + (stream.msg != nullptr ? stream.msg : "not gzip") +
                       ")");
        }
    }
    return size - stream.avail_out;
}

}  // namespace otherwise
