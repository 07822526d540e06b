#include "otherwise/base/input_kind.h"

#include <array>
#include <cstdint>

#include "otherwise/base/marks.h"
#include "otherwise/base/setting.h"

namespace otherwise {
namespace {

struct Magic {
    std::string_view bytes;
    std::string_view kind;
    std::string_view advice;
};

using namespace std::string_view_literals;

constexpr std::array kMagics = {
    Magic{"SQLite format 3\0"sv, "a SQLite file, as `otherwise run -o` writes them",
          "`otherwise export FILE` makes JSON lines of it"},
    Magic{"PK\x03\x04"sv, "a zip archive (Inspect's .eval, Excel's .xlsx, PyTorch's .pt)",
          "for an Inspect log, `inspect log dump FILE` makes JSON of it"},
    Magic{"PAR1\x15"sv, "a Parquet file",
          "pandas' read_parquet and to_json(lines=True) convert it"},
    Magic{"ARROW1\0\0"sv, "an Arrow file",
          "pandas' read_feather and to_json(lines=True) convert it"},
    Magic{"\x28\xB5\x2F\xFD"sv, "a zstd file", "unzstd it"},
    Magic{"\xFD\x37zXZ\0"sv, "an xz file", "unxz it"},
    Magic{"%PDF-"sv, "a PDF", "save its text"},
    Magic{"\x89HDF"sv, "an HDF5 file", "write its texts as JSON lines"},
    Magic{"\x80\x03"sv, "a Python pickle", "write its texts as JSON lines"},
    Magic{"\x80\x04\x95"sv, "a Python pickle", "write its texts as JSON lines"},
    Magic{"\x80\x05\x95"sv, "a Python pickle", "write its texts as JSON lines"},
    Magic{"\x7F\x45LF"sv, "a program", ""},
    Magic{"\xFF\xFE"sv, "UTF-16 where UTF-8 is read", "`iconv -f UTF-16 -t UTF-8` converts it"},
    Magic{"\xFE\xFF"sv, "UTF-16 where UTF-8 is read", "`iconv -f UTF-16 -t UTF-8` converts it"},
};

std::uint64_t little_endian(std::string_view bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) {
        value = value << 8U | static_cast<unsigned char>(bytes[i]);
    }
    return value;
}

/// The text of a key of a GGUF file's head, "" where it is not there.
std::string_view gguf_text(std::string_view head, std::string_view key) {
    constexpr std::size_t kType = 4;  // bytes of a value's type, then 8 of a text's length
    constexpr std::size_t kLength = 8;
    constexpr std::uint64_t kIsText = 8;
    const auto at = head.find(key);
    if (at == std::string_view::npos || head.size() - at - key.size() < kType + kLength) {
        return {};
    }
    const auto value = head.substr(at + key.size());
    if (little_endian(value.substr(0, kType)) != kIsText) {
        return {};
    }
    return value.substr(kType + kLength, little_endian(value.substr(kType, kLength)));
}

/// Whether a version follows the name, of either byte order, and not a text.
bool is_gguf(std::string_view head) {
    constexpr std::string_view kName = "GGUF";
    constexpr std::size_t kVersion = 4;
    if (!head.starts_with(kName) || head.size() < kName.size() + kVersion) {
        return false;
    }
    const auto version = head.substr(kName.size(), kVersion);
    return version.substr(1) == "\0\0\0"sv || version.substr(0, 3) == "\0\0\0"sv;
}

ForeignInput gguf_input(std::string_view head) {
    const auto architecture = gguf_text(head, "general.architecture");
    if (architecture == "controlvector") {
        return {"a control vector (GGUF)", item_world("steer", "FILE") + " applies it"};
    }
    if (architecture.starts_with("otherwise.")) {
        return {"a fitted intervention (GGUF)",
                our_command("inspect", "FILE") + " says how to apply it"};
    }
    if (gguf_text(head, "general.type") == "adapter") {
        return {"a LoRA adapter (GGUF)", item_world("lora", "FILE") + " applies it"};
    }
    return {"a GGUF file", our_command("inspect", "FILE") + " says what it is; a model goes with " +
                               setting("model")};
}

}  // namespace

ForeignInput foreign_input(std::string_view head) {
    if (is_gguf(head)) {
        return gguf_input(head);
    }
    if (head.starts_with("BZh") && head.substr(3).find("1AY&SY") == 1) {
        return {"a bzip2 file", "bunzip2 it"};
    }
    for (const auto& magic : kMagics) {
        if (head.starts_with(magic.bytes)) {
            return {std::string(magic.kind), std::string(magic.advice)};
        }
    }
    return {};
}

}  // namespace otherwise
