// A layer that fails: loaded before the command (LD_PRELOAD) it makes the n-th call of a kind fail.
//
// - FAILING_KIND: new, read, write, fsync, rename, mmap, thread or none
// - FAILING_FROM: the first call that fails, counted from 1 once main has begun; 0: none, they are
//   only counted
// - FAILING_TO: the last one; without it all from the first on
// - FAILING_HOW: for what is not memory, a number of errno (5 is EIO, 28 ENOSPC), or "short": half
//   of the bytes are taken, as a system may
// - FAILING_UNDER: folders, with colons between them; calls on other files are the system's affair
// - FAILING_STATE: a file of kStateBytes that is there: how many calls there were, whether one
//   failed, and the addresses that led to the first that did
//
// C's buffered files are taken at fread, fwrite, fputs, fflush and fclose: what glibc does below
// them passes by no name. It goes with the address sanitizer (verify_asan_link_order=0), which
// then sees what a failed call leaves behind.
#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>

namespace {

constexpr std::size_t kStateBytes = 4096;
constexpr int kDeepest = 40;

/// In a shared page, so that it outlives the process however that ends.
struct State {
    std::atomic<std::uint64_t> calls;
    std::atomic<std::uint64_t> failed;
    std::uint64_t base;  ///< where the command is loaded
    std::uint64_t depth;
    std::uint64_t path[kDeepest];
};
static_assert(sizeof(State) <= kStateBytes);

enum class Kind { none, memory, read, write, fsync, rename, mmap, thread };

struct Plan {
    Kind kind = Kind::none;
    std::uint64_t from = 0;
    std::uint64_t to = UINT64_MAX;
    int error = EIO;
    bool half = false;
    std::string_view under;
};

State unnamed;
State* state = &unnamed;
Plan plan;
std::atomic<bool> begun{false};

template <typename Function>
Function next(const char* name) {
    return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

void note_path() {
    void* path[kDeepest];
    const int depth = backtrace(path, kDeepest);
    for (int i = 0; i < depth; ++i) {
        state->path[i] = reinterpret_cast<std::uint64_t>(path[i]);
    }
    state->depth = static_cast<std::uint64_t>(depth);
}

/// Whether this call is one that fails.
bool fails(Kind kind) {
    if (kind != plan.kind || !begun) {
        return false;
    }
    const std::uint64_t call = ++state->calls;
    if (plan.from == 0 || call < plan.from || call > plan.to) {
        return false;
    }
    if (state->failed++ == 0) {
        note_path();
    }
    errno = plan.error;
    return true;
}

bool is_under(std::string_view path) {
    for (std::string_view rest = plan.under; !rest.empty();) {
        const auto end = std::min(rest.find(':'), rest.size());
        if (end > 0 && path.substr(0, end) == rest.substr(0, end)) {
            return true;
        }
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return false;
}

bool file_is_under(int file) {
    char link[64];
    char path[PATH_MAX];
    std::snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    const auto length = ::readlink(link, path, sizeof path);
    return length > 0 && is_under({path, static_cast<std::size_t>(length)});
}

bool fails(Kind kind, int file) {
    if (kind != plan.kind || !begun) {
        return false;
    }
    const int before = errno;
    const bool ours = file_is_under(file);
    errno = before;
    return ours && fails(kind);
}

const char* setting(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

Kind kind_of(std::string_view name) {
    constexpr std::string_view kNames[] = {"none",  "new",    "read", "write",
                                           "fsync", "rename", "mmap", "thread"};
    for (int i = 0; i < 8; ++i) {
        if (kNames[i] == name) {
            return static_cast<Kind>(i);
        }
    }
    return Kind::none;
}

__attribute__((constructor)) void begin() {
    plan.kind = kind_of(setting("FAILING_KIND"));
    plan.from = std::strtoull(setting("FAILING_FROM"), nullptr, 10);
    plan.to = *setting("FAILING_TO") == '\0' ? UINT64_MAX
                                             : std::strtoull(setting("FAILING_TO"), nullptr, 10);
    const std::string_view how = setting("FAILING_HOW");
    plan.half = how == "short";
    plan.error = plan.half || how.empty() ? EIO : std::atoi(how.data());
    plan.under = setting("FAILING_UNDER");
    void* path[2];
    (void)backtrace(path, 2);  // loads what it needs
    const int file = ::open(setting("FAILING_STATE"), O_RDWR | O_CLOEXEC);
    if (file >= 0) {
        void* page = next<decltype(&::mmap)>("mmap")(nullptr, kStateBytes, PROT_READ | PROT_WRITE,
                                                     MAP_SHARED, file, 0);
        ::close(file);
        if (page != MAP_FAILED) {
            state = static_cast<State*>(page);
        }
    }
}

int (*real_main)(int, char**, char**);

int main_of_the_command(int argc, char** argv, char** environment) {
    Dl_info info{};
    (void)dladdr(reinterpret_cast<void*>(real_main), &info);
    state->base = reinterpret_cast<std::uint64_t>(info.dli_fbase);
    begun = true;
    return real_main(argc, argv, environment);
}

// ---- memory

void* allocate(std::size_t size, std::size_t alignment) {
    if (fails(Kind::memory)) {
        if (const auto handler = std::get_new_handler()) {
            handler();  // which has no more to give, and throws
        }
        return nullptr;
    }
    size = std::max<std::size_t>(size, 1);
    return alignment == 0
               ? std::malloc(size)
               : std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

void* allocate_or_not(std::size_t size) noexcept {
    try {
        return allocate(size, 0);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

void* require(void* memory) {
    if (memory == nullptr) {
        throw std::bad_alloc();
    }
    return memory;
}

/// So much of a read or write that takes half.
std::size_t part(std::size_t bytes) { return std::max<std::size_t>(bytes / 2, bytes > 0 ? 1 : 0); }

}  // namespace

void* operator new(std::size_t size) { return require(allocate(size, 0)); }
void* operator new[](std::size_t size) { return require(allocate(size, 0)); }
void* operator new(std::size_t size, std::align_val_t to) {
    return require(allocate(size, static_cast<std::size_t>(to)));
}
void* operator new[](std::size_t size, std::align_val_t to) {
    return require(allocate(size, static_cast<std::size_t>(to)));
}
void* operator new(std::size_t size, const std::nothrow_t& /*none*/) noexcept {
    return allocate_or_not(size);
}
void* operator new[](std::size_t size, const std::nothrow_t& /*none*/) noexcept {
    return allocate_or_not(size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*size*/) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t /*size*/) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t /*to*/) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t /*to*/) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*size*/, std::align_val_t /*to*/) noexcept {
    std::free(memory);
}
void operator delete[](void* memory, std::size_t /*size*/, std::align_val_t /*to*/) noexcept {
    std::free(memory);
}

extern "C" {

int __libc_start_main(int (*main)(int, char**, char**), int argc, char** argv, void (*init)(),
                      void (*finish)(), void (*loader)(), void* stack_end) {
    real_main = main;
    using Start = int (*)(int (*)(int, char**, char**), int, char**, void (*)(), void (*)(),
                          void (*)(), void*);
    return next<Start>("__libc_start_main")(main_of_the_command, argc, argv, init, finish, loader,
                                            stack_end);
}

// ---- reading

ssize_t read(int file, void* to, size_t size) {
    static const auto real = next<decltype(&::read)>("read");
    if (!fails(Kind::read, file)) {
        return real(file, to, size);
    }
    return plan.half ? real(file, to, part(size)) : -1;
}

ssize_t pread64(int file, void* to, size_t size, off64_t at) {
    static const auto real = next<decltype(&::pread64)>("pread64");
    if (!fails(Kind::read, file)) {
        return real(file, to, size, at);
    }
    return plan.half ? real(file, to, part(size), at) : -1;
}

ssize_t pread(int file, void* to, size_t size, off_t at) { return pread64(file, to, size, at); }

ssize_t readv(int file, const struct iovec* to, int count) {
    static const auto real = next<decltype(&::readv)>("readv");
    return fails(Kind::read, file) && !plan.half ? -1 : real(file, to, count);
}

size_t fread(void* to, size_t size, size_t count, FILE* file) {
    static const auto real = next<decltype(&::fread)>("fread");
    if (!fails(Kind::read, ::fileno(file)) || plan.half) {
        return real(to, size, count, file);
    }
    file->_flags |= 0x20;  // ferror says so
    return 0;
}

// ---- writing

ssize_t write(int file, const void* from, size_t size) {
    static const auto real = next<decltype(&::write)>("write");
    if (!fails(Kind::write, file)) {
        return real(file, from, size);
    }
    return plan.half ? real(file, from, part(size)) : -1;
}

ssize_t pwrite64(int file, const void* from, size_t size, off64_t at) {
    static const auto real = next<decltype(&::pwrite64)>("pwrite64");
    if (!fails(Kind::write, file)) {
        return real(file, from, size, at);
    }
    return plan.half ? real(file, from, part(size), at) : -1;
}

ssize_t pwrite(int file, const void* from, size_t size, off_t at) {
    return pwrite64(file, from, size, at);
}

ssize_t writev(int file, const struct iovec* from, int count) {
    static const auto real = next<decltype(&::writev)>("writev");
    if (!fails(Kind::write, file)) {
        return real(file, from, count);
    }
    return plan.half && count > 0
               ? next<decltype(&::write)>("write")(file, from->iov_base, part(from->iov_len))
               : -1;
}

size_t fwrite(const void* from, size_t size, size_t count, FILE* file) {
    static const auto real = next<decltype(&::fwrite)>("fwrite");
    if (!fails(Kind::write, ::fileno(file)) || plan.half) {
        return real(from, size, count, file);
    }
    const size_t some = real(from, size, count / 2, file);
    errno = plan.error;
    file->_flags |= 0x20;
    return some;
}

int fputs(const char* text, FILE* file) {
    static const auto real = next<decltype(&::fputs)>("fputs");
    return fails(Kind::write, ::fileno(file)) && !plan.half ? EOF : real(text, file);
}

int fflush(FILE* file) {
    static const auto real = next<decltype(&::fflush)>("fflush");
    const bool pending = file != nullptr && __fpending(file) > 0;
    if (!pending || !fails(Kind::write, ::fileno(file)) || plan.half) {
        return real(file);
    }
    __fpurge(file);
    errno = plan.error;
    return EOF;
}

int fclose(FILE* file) {
    static const auto real = next<decltype(&::fclose)>("fclose");
    const bool fail = __fpending(file) > 0 && fails(Kind::write, ::fileno(file)) && !plan.half;
    if (fail) {
        __fpurge(file);
    }
    const int result = real(file);
    errno = fail ? plan.error : errno;
    return fail ? EOF : result;
}

// ---- the disk, names, pages, threads

int fsync(int file) {
    static const auto real = next<decltype(&::fsync)>("fsync");
    return fails(Kind::fsync, file) ? -1 : real(file);
}

int fdatasync(int file) {
    static const auto real = next<decltype(&::fdatasync)>("fdatasync");
    return fails(Kind::fsync, file) ? -1 : real(file);
}

int rename(const char* from, const char* to) {
    static const auto real = next<decltype(&::rename)>("rename");
    return fails(Kind::rename) ? -1 : real(from, to);
}

int renameat2(int in, const char* from, int into, const char* to, unsigned int flags) {
    using Rename = int (*)(int, const char*, int, const char*, unsigned int);
    static const auto real = next<Rename>("renameat2");
    return fails(Kind::rename) ? -1 : real(in, from, into, to, flags);
}

void* mmap64(void* at, size_t size, int protection, int flags, int file, off64_t offset) {
    static const auto real = next<decltype(&::mmap64)>("mmap64");
    return file >= 0 && fails(Kind::mmap, file) ? MAP_FAILED
                                                : real(at, size, protection, flags, file, offset);
}

void* mmap(void* at, size_t size, int protection, int flags, int file, off_t offset) {
    return mmap64(at, size, protection, flags, file, offset);
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*work)(void*),
                   void* with) {
    static const auto real = next<decltype(&::pthread_create)>("pthread_create");
    return fails(Kind::thread) ? EAGAIN : real(thread, attributes, work, with);
}

}  // extern "C"
