// What a run file says at its start, of a guest's study.
#pragma once

#include "otherwise/api/guest.h"
#include "otherwise/study/run_head.h"

namespace otherwise {

/// This program and what evaluates.
[[nodiscard]] Machine machine_of(const OpenedGuests& opened);

/// The settings name each world with its identity, in place of files' hashes; the machine is the
/// engine's line.
[[nodiscard]] RunHead head_of(const OpenedGuests& opened, Shard shard);

/// Whether the run was made by guests: only the caller who has its networks can go on with it.
[[nodiscard]] bool is_of_guests(const RunHead& head);

}  // namespace otherwise
