// cache_type_names of context.h, which builds without llama.cpp need as well.
#include "otherwise/model/context.h"

namespace otherwise {

std::vector<std::string> cache_type_names() {
    return {"f32", "f16", "bf16", "q8_0", "q4_0", "q4_1", "iq4_nl", "q5_0", "q5_1"};
}

}  // namespace otherwise
