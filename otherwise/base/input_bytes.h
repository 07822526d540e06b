// The bytes of an input stream, unzipped where they are gzip (RFC 1952, by zlib), in blocks.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <memory>
#include <string>

namespace otherwise {

class InputBytes {
public:
    /// `source` names the stream in errors. The stream must outlive this.
    InputBytes(std::istream& in, std::string source);
    InputBytes(const InputBytes&) = delete;
    InputBytes& operator=(const InputBytes&) = delete;
    ~InputBytes();

    /// Up to `size` bytes, in `to`, without waiting for more than one; 0 at the end and nowhere
    /// else. Several gzip members on end are
    /// one text, as gzip -d has it. Throws Error: a stream that breaks off, gzip that does or that
    /// is damaged.
    [[nodiscard]] std::size_t read(char* to, std::size_t size);

private:
    struct Zip;

    void start();
    [[nodiscard]] std::size_t read_plain(char* to, std::size_t size);
    [[nodiscard]] std::size_t read_zipped(char* to, std::size_t size);
    [[nodiscard]] bool refill();
    [[nodiscard]] bool next_member();
    [[noreturn]] void refuse_zip(const std::string& came) const;

    std::istream* in_;
    std::string source_;
    bool started_ = false;
    std::string block_;         ///< as it was read: the first of a plain input, each of a gzip one
    std::size_t taken_ = 0;     ///< of the block
    std::unique_ptr<Zip> zip_;  ///< where the input is gzip
};

}  // namespace otherwise
