# Tests of the join service and of what it serves.

spillway_test(broker.user_data LINKS spillway_join)
spillway_test(broker.http_head LINKS spillway_join)
spillway_test(broker.connection_limit LINKS spillway_join)
spillway_test(broker.archives LINKS spillway_join)
spillway_test(broker.join_endpoints LINKS spillway_join)
spillway_test(broker.join_facts LINKS spillway_join)
spillway_test(broker.join_identity LINKS spillway_join)
spillway_test(broker.join_answers LINKS spillway_broker)
spillway_test(broker.wireguard_identity LINKS spillway_join)
spillway_test(broker.answer_pool LINKS spillway_join ${CMAKE_DL_LIBS})
spillway_test(broker.tls_connection LINKS spillway_join OpenSSL::SSL)
spillway_test(broker.join_service LINKS spillway_join OpenSSL::SSL)
spillway_test(broker.join_attack LINKS spillway_join OpenSSL::SSL)

spillway_program(join_test_service SOURCES join_test_service.cc LINKS spillway_join)
set_target_properties(join_test_service PROPERTIES
  RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
foreach(part bootstrap bootstrap_gate bootstrap_root)
  add_test(NAME broker.${part}
    COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/${part}_test.py $<TARGET_FILE:join_test_service>)
  set_tests_properties(broker.${part} PROPERTIES TIMEOUT 600 SKIP_RETURN_CODE 77)
endforeach()

add_test(NAME etc.shellcheck
  COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/shellcheck_test.sh ${PROJECT_BINARY_DIR}/broker/bootstrap.sh)
set_tests_properties(etc.shellcheck PROPERTIES SKIP_RETURN_CODE 77)
