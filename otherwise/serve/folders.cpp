#include "otherwise/serve/folders.h"

#include <algorithm>
#include <system_error>

#include "otherwise/base/error.h"
#include "otherwise/base/text.h"
#include "otherwise/serve/limits.h"

namespace otherwise::serve {
namespace {

namespace fs = std::filesystem;

bool is_below(const fs::path& file, const fs::path& folder) {
    const auto [end, in] = std::ranges::mismatch(folder, file);
    return end == folder.end() && in != file.end();
}

bool is_listed(const fs::path& file) {
    const auto type = file.extension();
    return type == ".gguf" || type == ".npz" || type == ".safetensors";
}

}  // namespace

Folders::Folders(const std::vector<std::string>& folders) {
    for (const auto& name : folders) {
        std::error_code fault;
        auto folder = fs::canonical(name, fault);
        if (fault || !fs::is_directory(folder, fault)) {
            misuse({.where = "Folders",
                    .expected = "a folder (" + setting("files") + ")",
                    .came = "'" + to_utf8(name) + "'"});
        }
        folders_.push_back(std::move(folder));
    }
}

void Folders::allow(const std::string& file) {
    std::error_code fault;
    auto path = fs::canonical(file, fault);
    if (!fault) {
        files_.push_back(std::move(path));
    }
}

bool Folders::holds(const fs::path& file) const {
    std::error_code fault;
    return (std::ranges::count(files_, file) > 0 ||
            std::ranges::any_of(folders_, [&](const auto& f) { return is_below(file, f); })) &&
           fs::is_regular_file(file, fault);
}

std::string Folders::resolve(const std::string& name) const {
    const bool sound = !name.empty() && name.find('\0') == std::string::npos;
    std::vector<fs::path> places;
    if (sound && fs::path(name).is_absolute()) {
        places.emplace_back(name);
    } else if (sound) {
        std::ranges::transform(folders_, std::back_inserter(places),
                               [&](const fs::path& folder) { return folder / name; });
    }
    for (const auto& place : places) {
        std::error_code fault;
        const auto file = fs::canonical(place, fault);
        if (!fault && holds(file)) {
            return file.string();
        }
    }
    misuse(
        {.where = "resolve",
         .expected = "a file of the folders that the server was given (" + setting("files") + ")",
         .came = "'" + to_utf8(name) + "'"});
}

std::string Folders::name_of(const std::string& file) const {
    std::error_code fault;
    const auto path = fs::canonical(file, fault);
    if (fault || !holds(path)) {
        return file;
    }
    for (const auto& folder : folders_) {
        if (is_below(path, folder)) {
            const std::string name = path.lexically_relative(folder).string();
            return resolve(name) == path ? name : path.string();
        }
    }
    return path.string();
}

std::vector<ListedFile> Folders::list() const {
    std::vector<ListedFile> found;
    for (const auto& folder : folders_) {
        std::error_code fault;
        auto at = fs::recursive_directory_iterator(
            folder, fs::directory_options::skip_permission_denied, fault);
        for (; !fault && at != fs::recursive_directory_iterator(); at.increment(fault)) {
            std::error_code ignored;
            const auto file = is_listed(at->path()) ? fs::canonical(at->path(), ignored) : "";
            if (found.size() < kFiles && !file.empty() && holds(file)) {
                found.push_back({.name = to_utf8(at->path().lexically_relative(folder).string()),
                                 .path = file.string(),
                                 .bytes = fs::file_size(file, ignored)});
            }
        }
    }
    std::ranges::sort(found, {}, &ListedFile::name);
    return found;
}

}  // namespace otherwise::serve
