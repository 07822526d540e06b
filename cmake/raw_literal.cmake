# A text file as a C++ string_view literal.
function(raw_literal file result)
    file(READ "${file}" text)
    string(FIND "${text}" ")otherwise\"" found)
    if(text STREQUAL "" OR NOT found EQUAL -1)
        message(FATAL_ERROR " ${file} is empty or cannot be a raw literal")
    endif()
    set(${result} "R\"otherwise(${text})otherwise\"sv" PARENT_SCOPE)
endfunction()
