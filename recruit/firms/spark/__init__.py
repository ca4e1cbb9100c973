"""The same rules on a Spark cluster, for what outgrows one machine."""
