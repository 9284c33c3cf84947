# The join service: what rented machines call. Its bootstrap script is built in, made of parts.

set(SPILLWAY_BOOTSTRAP_PARTS
  begin log calls system vpn_key facts join vpn firewall files hosts hooks slurm mounts munge health
  peers bandwidth slurmd main)
list(TRANSFORM SPILLWAY_BOOTSTRAP_PARTS REPLACE "(.+)"
     "${PROJECT_SOURCE_DIR}/etc/bootstrap/\\1.sh")
file(GLOB there CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/etc/bootstrap/*.sh)
list(REMOVE_ITEM there ${SPILLWAY_BOOTSTRAP_PARTS})
if(there)
  message(FATAL_ERROR "not among SPILLWAY_BOOTSTRAP_PARTS: ${there}")
endif()

set(SPILLWAY_BOOTSTRAP_SCRIPT ${CMAKE_CURRENT_BINARY_DIR}/bootstrap.sh)
set(SPILLWAY_BOOTSTRAP_SOURCE ${CMAKE_CURRENT_BINARY_DIR}/bootstrap_script.cc)
add_custom_command(
  OUTPUT ${SPILLWAY_BOOTSTRAP_SCRIPT} ${SPILLWAY_BOOTSTRAP_SOURCE}
  COMMAND ${CMAKE_COMMAND} -D "PARTS=${SPILLWAY_BOOTSTRAP_PARTS}"
          -D SCRIPT=${SPILLWAY_BOOTSTRAP_SCRIPT} -D SOURCE=${SPILLWAY_BOOTSTRAP_SOURCE}
          -P ${CMAKE_CURRENT_SOURCE_DIR}/embed_bootstrap.cmake
  DEPENDS ${SPILLWAY_BOOTSTRAP_PARTS} ${CMAKE_CURRENT_SOURCE_DIR}/embed_bootstrap.cmake
  VERBATIM)

spillway_room(spillway_join
  SOURCES
    answer_pool.cc
    archives.cc
    connection_limit.cc
    http_head.cc
    join_endpoints.cc
    join_facts.cc
    join_identity.cc
    join_reply.cc
    join_service.cc
    kept_secret.cc
    listen_address.cc
    listening_socket.cc
    peer.cc
    refusal_limit.cc
    tls_connection.cc
    tls_context.cc
    tls_server.cc
    user_data.cc
    wireguard_identity.cc
    ${SPILLWAY_BOOTSTRAP_SOURCE}
  LINKS spillway_lib spillway_core
  PRIVATE_LINKS OpenSSL::SSL OpenSSL::Crypto Threads::Threads)
