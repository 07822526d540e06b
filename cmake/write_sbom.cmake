# Writes the bill of materials as CycloneDX 1.5, and where each part lies on this machine:
#   cmake -DOUTPUT=otherwise.cdx.json -DPATHS=sbom_paths.txt "-DPARTS=record&…" -DVERSION=… -P write_sbom.cmake
# with records as in parts.cmake. Without a date and a serial number: the same parts make the same bytes.
#
# The hash is that of the file that is linked or embedded; of several files, folders too, the SHA-256 of what
# sha256sum prints of all of them, in the order of their names: (cd FOLDER/.. && find FOLDER -type f | sort | xargs
# sha256sum) | sha256sum. The property otherwise:hashed names them.
cmake_policy(VERSION 3.25)

# The hash of files and folders, and their names.
function(hash_of paths result names)
    set(lines "")
    set(named "")
    foreach(path IN LISTS paths)
        file(REAL_PATH "${path}" path)
        cmake_path(GET path PARENT_PATH parent)
        cmake_path(GET path FILENAME name)
        list(APPEND named "${name}")
        set(files "${path}")
        if(IS_DIRECTORY "${path}")
            file(GLOB_RECURSE files "${path}/*")
        endif()
        foreach(file IN LISTS files)
            file(SHA256 "${file}" digest)
            cmake_path(RELATIVE_PATH file BASE_DIRECTORY "${parent}")
            list(APPEND lines "${file}  ${digest}")
        endforeach()
    endforeach()
    list(LENGTH lines count)
    if(count EQUAL 1)
        string(REGEX REPLACE "^.*  " "" digest "${lines}")
    else()
        list(SORT lines)
        set(list "")
        foreach(line IN LISTS lines)
            string(REGEX REPLACE "^(.*)  (.*)$" "\\2  \\1" line "${line}")
            string(APPEND list "${line}\n")
        endforeach()
        string(SHA256 digest "${list}")
    endif()
    list(JOIN named " " named)
    set(${result} "${digest}" PARENT_SCOPE)
    set(${names} "${named}" PARENT_SCOPE)
endfunction()

# The package that a distribution made, as a package URL; empty elsewhere.
function(package_url package result)
    set(${result} "" PARENT_SCOPE)
    execute_process(COMMAND dpkg-query -W -f "\${Version}\n" "${package}"
        OUTPUT_VARIABLE version ERROR_QUIET RESULT_VARIABLE code)
    if(NOT code EQUAL 0 OR NOT EXISTS /etc/os-release)
        return()
    endif()
    string(REGEX REPLACE "\n.*" "" version "${version}")
    string(REPLACE "+" "%2B" version "${version}")
    string(REPLACE ":" "%3A" version "${version}")
    file(STRINGS /etc/os-release id REGEX "^ID=")
    string(REGEX REPLACE "^ID=\"?([^\"]*)\"?$" "\\1" id "${id}")
    set(${result} "pkg:deb/${id}/${package}@${version}" PARENT_SCOPE)
endfunction()

set(components "")
set(references "")
set(places "")
string(REPLACE "&" ";" parts "${PARTS}")
foreach(part IN LISTS parts)
    string(REPLACE "|" ";" fields "${part}")
    list(POP_FRONT fields reference name version license package text linked files)
    string(REPLACE "," ";" linked "${linked}")
    string(REPLACE "," ";" files "${files}")
    if(linked)
        hash_of("${linked}" digest hashed)
    elseif(files)
        hash_of("${files}" digest hashed)
    else()
        message(FATAL_ERROR " expected files of ${name} to hash, got none")
    endif()
    foreach(path IN LISTS linked files)
        file(REAL_PATH "${path}" path)
        string(APPEND places "${reference}\t${path}\n")
    endforeach()
    set(url "")
    set(origin "")
    if(package)
        package_url("${package}" url)
    endif()
    if(url AND NOT version MATCHES " carries ")
        set(origin "\n      \"purl\": \"${url}\",")
    endif()
    string(APPEND references ",\n        \"${reference}\"")
    string(APPEND components ",
    {
      \"type\": \"library\",
      \"bom-ref\": \"${reference}\",
      \"name\": \"${name}\",
      \"version\": \"${version}\",
      \"licenses\": [{\"license\": {\"id\": \"${license}\"}}],
      \"hashes\": [{\"alg\": \"SHA-256\", \"content\": \"${digest}\"}],${origin}
      \"properties\": [{\"name\": \"otherwise:hashed\", \"value\": \"${hashed}\"}]
    }")
endforeach()
string(SUBSTRING "${components}" 1 -1 components)
string(SUBSTRING "${references}" 1 -1 references)
file(WRITE "${PATHS}" "${places}")
file(WRITE "${OUTPUT}" "{
  \"bomFormat\": \"CycloneDX\",
  \"specVersion\": \"1.5\",
  \"version\": 1,
  \"metadata\": {
    \"component\": {
      \"type\": \"application\",
      \"bom-ref\": \"otherwise\",
      \"name\": \"otherwise\",
      \"version\": \"${VERSION}\",
      \"licenses\": [{\"license\": {\"id\": \"MIT\"}}]
    }
  },
  \"components\": [${components}
  ],
  \"dependencies\": [
    {
      \"ref\": \"otherwise\",
      \"dependsOn\": [${references}
      ]
    }
  ]
}
")
