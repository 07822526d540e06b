// JSON as a flat tree of views into the text that it was parsed from: no value is copied and, once
// the tree has grown, nothing is allocated, so that records are read at the speed of the parser
// (RapidJSON's iterative one, which no depth of nesting makes recursive).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace otherwise {

enum class JsonKind : std::uint8_t { none, null, boolean, number, string, array, object };

class JsonTree;

/// A value of a tree, or none. Valid until the tree holds another text.
class JsonValue {
public:
    JsonValue() = default;

    explicit operator bool() const { return kind() != JsonKind::none; }
    [[nodiscard]] JsonKind kind() const;
    [[nodiscard]] bool is_string() const { return kind() == JsonKind::string; }
    [[nodiscard]] bool is_number() const { return kind() == JsonKind::number; }
    [[nodiscard]] bool is_array() const { return kind() == JsonKind::array; }
    [[nodiscard]] bool is_object() const { return kind() == JsonKind::object; }
    [[nodiscard]] bool is_true() const;
    /// Of a string its text, of a number its digits as they are written, else "".
    [[nodiscard]] std::string_view text() const;
    /// A number that is a whole one from 0 up to this.
    [[nodiscard]] std::optional<std::int64_t> whole(std::int64_t most) const;

    /// The first value in an array or object, and the one beside this; none at the end.
    [[nodiscard]] JsonValue first() const;
    [[nodiscard]] JsonValue next() const;
    /// Of a value in an object, its key.
    [[nodiscard]] std::string_view key() const;

    /// The value of a key of an object, the last where it repeats; none where it is missing or
    /// null, or this is no object.
    [[nodiscard]] JsonValue find(std::string_view key) const;
    /// The value at a dotted path of keys and, in arrays, indices from 0: "resps.0.0". A key that
    /// holds the dots itself goes first. None where it is missing or null.
    [[nodiscard]] JsonValue at(std::string_view path) const;

    /// 7, "a text", JSON of type array: for complaints.
    [[nodiscard]] std::string described() const;
    /// "array", "number", …
    [[nodiscard]] const char* kind_name() const;

private:
    friend class JsonTree;
    JsonValue(const JsonTree& tree, std::size_t index, std::size_t stop, bool in_object)
        : tree_(&tree), index_(index), stop_(stop), in_object_(in_object) {}

    /// Of an array, the element with this index.
    [[nodiscard]] JsonValue element(std::string_view number) const;

    const JsonTree* tree_ = nullptr;
    std::size_t index_ = 0;
    std::size_t stop_ = 0;  ///< where the siblings end
    bool in_object_ = false;
};

/// What is wrong with a text that is no JSON.
struct JsonFault {
    std::size_t byte = 0;  ///< of the text, from 0
    std::string what;
};

class JsonTree {
public:
    JsonTree();
    JsonTree(const JsonTree&) = delete;
    JsonTree& operator=(const JsonTree&) = delete;
    ~JsonTree();

    /// Parses a text of `size` bytes in place: strings lose their escapes there, and text[size] is
    /// overwritten (and put back). NaN and Infinity, which Python's json writes, are numbers.
    [[nodiscard]] std::optional<JsonFault> parse(char* text, std::size_t size);
    [[nodiscard]] JsonValue root() const { return {*this, 0, nodes_.size(), false}; }

    /// A string alone.
    void set_string(std::string_view text);
    /// An object of strings; a value without text is null.
    void set_object(const std::vector<std::string>& keys,
                    const std::vector<std::optional<std::string_view>>& values);

private:
    friend class JsonValue;
    friend struct JsonEvents;

    struct Node {
        JsonKind kind;
        bool truth;          ///< of a boolean
        std::uint32_t size;  ///< of the text
        std::size_t end;     ///< of a tree, the index after it
        const char* text;
    };

    void add(JsonKind kind, std::string_view text = {}, bool truth = false);

    struct Parser;

    std::vector<Node> nodes_;
    std::vector<std::size_t> open_;
    std::unique_ptr<Parser> parser_;  ///< keeps its memory from text to text
};

}  // namespace otherwise
