// What reading and writing strings took.
#pragma once

namespace otherwise {

struct WriterCounts {
    long rows = 0;    ///< rows evaluated
    long needed = 0;  ///< of these, rows whose logits or cells the result needed
    long calls = 0;
    long shared = 0;  ///< tokens decided from rows that count for another world

    WriterCounts& operator+=(const WriterCounts& other) {
        rows += other.rows;
        needed += other.needed;
        calls += other.calls;
        shared += other.shared;
        return *this;
    }
};

}  // namespace otherwise
