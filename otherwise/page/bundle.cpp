#include "otherwise/page/bundle.h"

#include "otherwise/page/assets.h"

namespace otherwise {

std::string bundled_scripts(std::span<const char* const> names) {
    std::string text = "\"use strict\";\n(() => {\n";
    for (const char* name : names) {
        text += page_asset(name);
    }
    return text + "})();\n";
}

}  // namespace otherwise
