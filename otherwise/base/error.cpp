#include "otherwise/base/error.h"

#include <utility>

#include "otherwise/base/text.h"

namespace otherwise {
namespace {

std::string sentence(const Complaint& c) {
    std::string text = "expected " + c.expected + ", got " + c.came;
    if (!c.advice.empty()) {
        text += "; " + c.advice;
    }
    return text;
}

}  // namespace

Error::Error(Fault fault, Complaint complaint)
    : std::runtime_error(to_utf8(plain_settings(sentence(complaint)))),
      fault_(fault),
      complaint_(std::move(complaint)) {}

std::string Error::text(const SettingWriter& write) const {
    return to_utf8(with_settings(sentence(complaint_), write));
}

void fail(Complaint complaint) { throw Error(Fault::failed, std::move(complaint)); }
void misuse(Complaint complaint) { throw Error(Fault::misuse, std::move(complaint)); }

}  // namespace otherwise
