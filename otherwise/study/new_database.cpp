#include "otherwise/study/new_database.h"

#include <system_error>

#include "otherwise/base/error.h"
#include "otherwise/study/database.h"

namespace otherwise {
namespace {

void remove_all(const std::vector<std::filesystem::path>& paths) {
    for (const auto& companion : paths) {
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
    : target_((require_free(target), target)),
      file_(target),
      companions_(companions(file_.path())) {}

NewDatabase::~NewDatabase() { remove_all(companions_); }

void NewDatabase::commit() {
    require_free(target_);
    const auto old = companions(target_);
    remove_all(old);
    for (const auto& companion : old) {
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
