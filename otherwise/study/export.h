// A run file's results as text: what `run --jsonl` and `law --jsonl` write, or a table for
// spreadsheets. In order of string, sample and world, whatever the order they were stored in.
#pragma once

#include <functional>
#include <string>

namespace otherwise {

class StoredRun;

/// Takes whole lines.
using WriteLines = std::function<void(const std::string&)>;

/// One JSON line a pair: byte for byte those of an uninterrupted run. The null world's are among
/// them where the study asks for all of them.
void export_jsonl(const StoredRun& run, const WriteLines& write);

/// The same pairs as CSV (RFC 4180), a line of names first; texts without their end token.
void export_csv(const StoredRun& run, const WriteLines& write);

/// One JSON line a factual string and world, of the stored laws.
void export_laws(const StoredRun& run, const WriteLines& write);

}  // namespace otherwise
