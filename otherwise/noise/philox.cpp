#include "otherwise/noise/philox.h"

#include <Random123/philox.h>

namespace otherwise {

PhiloxCounter philox(const PhiloxCounter& counter, const PhiloxKey& key) noexcept {
    const r123::Philox4x32::ctr_type c{{counter[0], counter[1], counter[2], counter[3]}};
    const r123::Philox4x32::key_type k{{key[0], key[1]}};
    const r123::Philox4x32::ctr_type r = r123::Philox4x32{}(c, k);
    return {r[0], r[1], r[2], r[3]};
}

}  // namespace otherwise
