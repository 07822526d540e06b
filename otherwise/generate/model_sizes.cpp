// The sizes of a loaded model for memory.h, whose plans need none.
#include "otherwise/generate/memory.h"

namespace otherwise {

ModelSizes sizes_of(const Model& model, const ContextOptions& options) {
    return {.n_vocab = model.n_vocab(),
            .context_bytes = [&model, options](int streams, int stream_length, int max_rows) {
                ContextOptions shaped = options;
                shaped.n_streams = streams;
                shaped.stream_length = stream_length;
                shaped.max_rows = max_rows;
                return context_bytes(model, shaped);
            }};
}

}  // namespace otherwise
