// Put in front of llama.cpp's AMX kernels (cmake/llama.cmake), for GCC.
//
// Two of GCC's intrinsics hide from the compiler what they read, so that stores just before them
// may be dropped or moved behind them: _tile_loadconfig names 8 of the 64 bytes that `ldtilecfg`
// reads (before GCC 14; GCC 12 drops the others, and every AMX kernel faults), _tile_loadd names
// none. These are the same instructions with all that they read.
#pragma once

#if defined(__AMX_TILE__) && defined(__GNUC__) && !defined(__clang__)
#include <immintrin.h>

#undef _tile_loadconfig
#define _tile_loadconfig(config) \
    __asm__ volatile("ldtilecfg\t%X0" ::"m"(*(const char (*)[64])(config)))

#undef _tile_loadd
#define _tile_loadd(tile, base, stride) otherwise_tile_loadd(tile, base, stride)
#define otherwise_tile_loadd(tile, base, stride)                                                  \
    __asm__ volatile("{tileloadd\t(%0,%1,1), %%tmm" #tile "|tileloadd\t%%tmm" #tile ", [%0+%1*1]}" \
                     ::"r"((const void*)(base)), "r"((long)(stride))                              \
                     : "memory")
#endif
