# Toolchain for 64-bit ARM from another machine: GNU's cross compiler as Debian packages it, the
# system's own arm64 libraries (multiarch) and qemu to run the tests.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(ENV{PKG_CONFIG_LIBDIR} /usr/lib/aarch64-linux-gnu/pkgconfig)  # not this machine's
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64-static)
