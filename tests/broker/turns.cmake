spillway_test(broker.broker LINKS spillway_broker SQLite::SQLite3
              SOURCES ${PROJECT_SOURCE_DIR}/tests/support/small_world.cc)
spillway_test(broker.join_refusals LINKS spillway_broker
              SOURCES ${PROJECT_SOURCE_DIR}/tests/support/small_world.cc)
spillway_test(broker.desk LINKS spillway_broker)
spillway_test(broker.explainer LINKS spillway_broker)
spillway_test(broker.lanes LINKS spillway_broker)
spillway_test(broker.leadership LINKS spillway_broker SQLite::SQLite3)
spillway_test(broker.fence LINKS spillway_broker)
spillway_test(broker.metrics LINKS spillway_broker)
