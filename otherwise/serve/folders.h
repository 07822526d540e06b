// Files that a page may name: those below the folders that the server was given, and single files
// of its command line. Names are resolved first, so that neither ".." nor a link leads out.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace otherwise::serve {

struct ListedFile {
    std::string name;  ///< as resolve() takes it, below its folder
    std::string path;  ///< absolute
    std::uintmax_t bytes = 0;
};

class Folders {
public:
    /// Throws misuse where one is no folder.
    explicit Folders(const std::vector<std::string>& folders);

    /// Also lets this one file through.
    void allow(const std::string& file);

    /// The absolute path of a file, by its name below a folder or its whole path. Throws misuse
    /// where there is none, with the same sentence for what is outside and what is not there.
    [[nodiscard]] std::string resolve(const std::string& name) const;

    /// A name that resolve() takes for this file, below its folder where it is in one; the name
    /// itself where it takes none.
    [[nodiscard]] std::string name_of(const std::string& file) const;

    /// The *.gguf, *.npz and *.safetensors files below the folders, by name; as many as kFiles.
    [[nodiscard]] std::vector<ListedFile> list() const;

private:
    [[nodiscard]] bool holds(const std::filesystem::path& file) const;

    std::vector<std::filesystem::path> folders_;  // resolved
    std::vector<std::filesystem::path> files_;
};

}  // namespace otherwise::serve
