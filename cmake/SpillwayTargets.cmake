# How a room, a program and a test are declared. One line each in the rooms' own files.

# False alarms of GCC at -O2: 13 and 14 take the unused arm of a moved std::variant for uninitialized,
# 12 takes std::string::insert for an overlapping copy (its bug 105651).
set(SPILLWAY_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Werror
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized> $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)

function(spillway_compile_rules target)
  target_compile_options(${target} PRIVATE ${SPILLWAY_WARNINGS}
    $<$<COMPILE_LANGUAGE:CXX>:-Wconversion>)
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR})
  if(SPILLWAY_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=address,undefined
      -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(${target} PRIVATE -fsanitize=address,undefined)
  endif()
endfunction()

# spillway_room(<target> SOURCES ... LINKS ... [PRIVATE_LINKS ...]): a static library.
function(spillway_room target)
  cmake_parse_arguments(ROOM "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  add_library(${target} STATIC ${ROOM_SOURCES})
  target_link_libraries(${target} PUBLIC ${ROOM_LINKS} PRIVATE ${ROOM_PRIVATE_LINKS})
  spillway_compile_rules(${target})
endfunction()

# spillway_program(<name> SOURCES ... LINKS ...): an executable.
function(spillway_program name)
  cmake_parse_arguments(PROGRAM "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${PROGRAM_SOURCES})
  target_link_libraries(${name} PRIVATE ${PROGRAM_LINKS})
  spillway_compile_rules(${name})
endfunction()

# spillway_test(<room>.<name> LINKS ...): one cmocka executable from <name>_test.cc in the current
# folder, known to ctest as <room>.<name>. With CASES a test each, <room>.<name>.<case>, which runs the
# executable with the case as its argument.
function(spillway_test name)
  cmake_parse_arguments(TEST "" "" "LINKS;SOURCES;CASES" ${ARGN})
  string(REGEX REPLACE "^[^.]*\\." "" file ${name})
  string(REPLACE "." "_" target "test_${name}")
  add_executable(${target} ${file}_test.cc ${TEST_SOURCES})
  target_link_libraries(${target} PRIVATE ${TEST_LINKS} PkgConfig::CMOCKA)
  spillway_compile_rules(${target})
  target_compile_options(${target} PRIVATE -O0)  # what is tested is optimized; a test need not be
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
  set(tests ${name})
  if(TEST_CASES)
    list(TRANSFORM TEST_CASES PREPEND ${name}. OUTPUT_VARIABLE tests)
  endif()
  foreach(test case IN ZIP_LISTS tests TEST_CASES)
    add_test(NAME ${test} COMMAND ${target} ${case})
  endforeach()
  set_tests_properties(${tests} PROPERTIES TIMEOUT 120
    ENVIRONMENT "SPILLWAY_SOURCE_DIR=${PROJECT_SOURCE_DIR};SPILLWAY_BUILD_DIR=${PROJECT_BINARY_DIR}")
endfunction()

# spillway_keeps_exchanges(<test> <cloud>...): what the test exchanges with these clouds, real or
# simulated, is kept for the test spec.<cloud>.
function(spillway_keeps_exchanges test)
  set(folder ${PROJECT_BINARY_DIR}/exchanges)
  file(MAKE_DIRECTORY ${folder})
  set(file ${folder}/${test}.jsonl)
  set_property(TEST ${test} APPEND PROPERTY ENVIRONMENT "SPILLWAY_EXCHANGES=${file}")
  foreach(cloud ${ARGN})
    set_property(TEST ${test} APPEND PROPERTY FIXTURES_SETUP exchanges.${cloud})
    set_property(GLOBAL APPEND PROPERTY SPILLWAY_EXCHANGES_${cloud} ${file})
  endforeach()
endfunction()
