// What reading and writing strings took.
#pragma once

namespace otherwise {

struct WriterCounts {
    long rows = 0;    ///< rows evaluated
    long needed = 0;  ///< of these, rows whose logits or cells the result needed
    long calls = 0;

    WriterCounts& operator+=(const WriterCounts& other) {
        rows += other.rows;
        needed += other.needed;
        calls += other.calls;
        return *this;
    }
};

}  // namespace otherwise
