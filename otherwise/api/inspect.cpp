#include "otherwise/api/inspect.h"

#include "otherwise/base/error.h"
#include "otherwise/base/processors.h"
#include "otherwise/model/chat_template.h"
#include "otherwise/model/model.h"
#include "otherwise/model/shipped_templates.h"
#include "otherwise/model/system.h"

namespace otherwise {

FileFacts inspect(const std::filesystem::path& file, const Work& work, bool no_repack) {
    FileFacts facts{.file = describe_file(file)};
    if (facts.file.kind != FileKind::model) {
        return facts;
    }
    start_backend({.cpu_variant = work.cpu_variant});
    const ModelOptions options{.repack = !no_repack};
    facts.model = ModelFacts{.inspection = {},
                             .invariance = probe_model(file, options, thread_count(work.threads)),
                             .cpu_variant = active_cpu_variant(),
                             .cpu_features = processor_features(),
                             .variants = cpu_variants()};
    facts.model->inspection = inspect(*Model::load(file, options));
    return facts;
}

std::vector<std::string> chat_template_names() {
    if (!chat_templates_work()) {
        fail({.where = "list_templates",
              .expected = "a build with llama.cpp's source, which has chat templates",
              .came = "one on an installed llama.cpp"});
    }
    std::vector<std::string> names;
    for (const auto& shipped : shipped_templates()) {
        names.emplace_back(shipped.name);
    }
    return names;
}

}  // namespace otherwise
