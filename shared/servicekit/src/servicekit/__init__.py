"""The microservice chassis: what every e-Mitra service needs and none may do differently."""
