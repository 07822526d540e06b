# otherwise_flags: how our own code is compiled. Third-party code never sees these.
#
# Results have to be the same bits everywhere: no -ffast-math, and no fused multiply-add that the
# source does not ask for, since the vectorised scans must equal their plain references.
add_library(otherwise_flags INTERFACE)
target_compile_features(otherwise_flags INTERFACE cxx_std_20)
target_compile_options(otherwise_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion $<$<BOOL:${OTHERWISE_WERROR}>:-Werror>
    -Wno-missing-field-initializers  # designated initializers leave the rest at its default
    # False alarms of GCC 12: on string + string, and on a copied empty std::optional.
    "$<$<CXX_COMPILER_ID:GNU>:-Wno-restrict;-Wno-maybe-uninitialized>"
    -ffp-contract=off)
# Highway's vectors of no fixed length cannot be members of classes, as ours are: fixed ones do.
target_compile_definitions(otherwise_flags INTERFACE
    "HWY_DISABLED_TARGETS=(HWY_SVE|HWY_SVE2|HWY_SVE_256|HWY_SVE2_128|HWY_RVV)")

# What is tested is what is shipped: an index beyond a vector or a span ends the program in both. Runs and laws,
# of the default model and of a tiny one, take 0.993 to 1.006 times the processor time (medians of 9).
if(OTHERWISE_ASSERTIONS OR OTHERWISE_SANITIZE)
    target_compile_definitions(otherwise_flags INTERFACE _GLIBCXX_ASSERTIONS)
endif()

if(OTHERWISE_SANITIZE)
    set(sanitize -fsanitize=${OTHERWISE_SANITIZE})
    target_compile_options(otherwise_flags INTERFACE
        ${sanitize} -fno-sanitize-recover=all -fno-omit-frame-pointer -UNDEBUG)
    target_link_options(otherwise_flags INTERFACE ${sanitize})
    if(OTHERWISE_FUZZ)  # RapidJSON adds an offset to a null pointer, which does no harm
        target_compile_options(otherwise_flags INTERFACE -fno-sanitize=pointer-overflow)
    endif()
endif()

# otherwise_sanitize(target): the same sanitizers in a library that is not ours. It goes on after a report,
# so that those that are known can be told apart (tests/sanitizers).
function(otherwise_sanitize target)
    if(OTHERWISE_SANITIZE)
        target_compile_options(${target} PRIVATE
            -fsanitize=${OTHERWISE_SANITIZE} -fno-omit-frame-pointer)
    endif()
endfunction()
