"""The features on which one environment must agree."""
