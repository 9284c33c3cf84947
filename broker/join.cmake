# The join service: what rented machines call. Its bootstrap script is built in.

set(SPILLWAY_BOOTSTRAP_SOURCE ${CMAKE_CURRENT_BINARY_DIR}/bootstrap_script.cc)
add_custom_command(
  OUTPUT ${SPILLWAY_BOOTSTRAP_SOURCE}
  COMMAND ${CMAKE_COMMAND} -D INPUT=${PROJECT_SOURCE_DIR}/etc/bootstrap.sh
          -D OUTPUT=${SPILLWAY_BOOTSTRAP_SOURCE} -P ${CMAKE_CURRENT_SOURCE_DIR}/embed_bootstrap.cmake
  DEPENDS ${PROJECT_SOURCE_DIR}/etc/bootstrap.sh ${CMAKE_CURRENT_SOURCE_DIR}/embed_bootstrap.cmake
  VERBATIM)

spillway_room(spillway_join
  SOURCES
    connection_guard.cc
    join_endpoints.cc
    join_facts.cc
    join_identity.cc
    join_reply.cc
    join_service.cc
    kept_secret.cc
    listen_address.cc
    refusal_limit.cc
    tls_server.cc
    user_data.cc
    wireguard_identity.cc
    ${SPILLWAY_BOOTSTRAP_SOURCE}
  LINKS spillway_lib spillway_core
  PRIVATE_LINKS spillway_httplib OpenSSL::SSL OpenSSL::Crypto)
