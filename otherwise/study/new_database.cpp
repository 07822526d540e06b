#include "otherwise/study/new_database.h"

#include <system_error>

#include "otherwise/base/error.h"
#include "otherwise/study/database.h"

namespace otherwise {
namespace {

void remove_companions(const std::filesystem::path& path) {
    for (const auto& companion : companions(path)) {
        std::error_code ignored;
        std::filesystem::remove(companion, ignored);
    }
}

/// Throws Error where there is a file of the name.
void require_free(const std::filesystem::path& target) {
    std::error_code ignored;
    if (std::filesystem::exists(std::filesystem::symlink_status(target, ignored))) {
        misuse({.where = "NewDatabase",
                .expected = "a new file for the run",
                .came = "'" + target.string() + "', which is there already",
                .advice = "choose another name"});
    }
}

}  // namespace

NewDatabase::NewDatabase(const std::filesystem::path& target)
    : target_((require_free(target), target)), file_(target) {}

NewDatabase::~NewDatabase() { remove_companions(file_.path()); }

void NewDatabase::commit() {
    require_free(target_);
    remove_companions(target_);
    for (const auto& companion : companions(target_)) {
        std::error_code ignored;
        if (std::filesystem::exists(companion, ignored)) {
            fail({.where = "NewDatabase",
                  .expected = "'" + target_.string() + "' without files of an older database",
                  .came = "'" + companion.string() + "', which cannot be removed",
                  .advice = "remove it, or choose another name"});
        }
    }
    file_.commit_new();
}

}  // namespace otherwise
